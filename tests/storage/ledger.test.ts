import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/storage/sqlite/client.ts'
import { auditLedger } from '../../src/storage/sqlite/crash-audit.ts'
import {
  ledgerPath,
  openLedger,
  openLedgerBeside,
  openLedgerReader,
} from '../../src/storage/sqlite/crash-open.ts'
import { crashLedger, crashProcedures } from '../../src/storage/sqlite/crash.ts'
import { StorageError } from '../../src/storage/sqlite/failure.ts'
import { openWriter } from '../../src/storage/sqlite/open.ts'
import type { Context } from '../../src/storage/sqlite/procedure.ts'
import { writer } from '../../src/storage/sqlite/writer.ts'
import { fakeClock } from '../clock.ts'

const bettor = join(import.meta.dir, 'bettor.ts')
const prlimit = Bun.which('prlimit')
let dir: string
let path: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-ledger-'))
  path = ledgerPath(dir)
})
// A thread that has just died may still take files away.
afterEach(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))

function newer(): void {
  using db = new Database(path)
  db.run('PRAGMA user_version = 99')
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
}
function spoil(): void {
  writeFileSync(path, readFileSync(path).fill(7, 8_192, 12_288))
}
const serve = (dev = false, ledger = true) => openSqlite({ dir, dev, clock: fakeClock(), ledger })

describe('the ledger', () => {
  test('is there only where crash runs, a file of its own that other databases are told from', async () => {
    const without = await serve(false, false)
    expect(existsSync(path)).toBe(false)
    await expect(without.thread.write('crash.open', {})).rejects.toThrow('Unknown procedure')
    await without.store.stop()
    const { store, thread } = await serve()
    const ann = await crashLedger(thread).open('ann', 5, 1)
    expect(await crashLedger(thread).account('ann')).toEqual(ann)
    await expect(thread.write('crash.put', { key: 'a' })).rejects.toThrow('Unknown procedure')
    await store.stop()
    const main = join(dir, 'fanfare.db')
    rmSync(main)
    writeFileSync(main, readFileSync(path))
    await expect(serve()).rejects.toThrow(`The database "${main}" belongs to another program`)
  })

  test('has STRICT tables alone and syncs every commit', () => {
    const db = openLedger(dir, false)
    const tables = db
      .query<{ name: string; strict: number }, []>(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'",
      )
      .all()
    expect(tables.length).toBeGreaterThan(8)
    expect(tables.filter(({ strict }) => strict !== 1)).toEqual([])
    expect(db.query('PRAGMA synchronous').values()).toEqual([[2]])
    expect(db.query('PRAGMA journal_mode').values()).toEqual([['wal']])
    db.close(true)
  })

  test.each([
    ['of development money', true, () => {}, 'was made with --dev and cannot be used without it'],
    ['of a newer version', false, newer, 'is of version 99'],
    ['that is damaged', false, spoil, 'is damaged'],
  ] as const)(
    '%s is refused, untouched, and the folder is free again',
    async (_, dev, change, part) => {
      openLedger(dir, dev).close(true)
      change()
      const before = readFileSync(path)
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await serve().then(
          () => null,
          (thrown: unknown) => thrown,
        )
        expect(error).toBeInstanceOf(StorageError)
        expect((error as Error).message).toContain(`The database "${path}" ${part}`)
      }
      expect(readFileSync(path).equals(before)).toBe(true)
    },
  )

  test('opens beside a running server to write and to look', async () => {
    const { store, thread } = await serve()
    const db = openLedgerBeside(dir)
    db.query("INSERT INTO setting (name, value) VALUES ('hello', '1')").run()
    db.close(true)
    await crashLedger(thread).open('ann', 5, 1)
    const reader = openLedgerReader(dir)
    expect(reader.query('SELECT player, balance FROM account WHERE id > 3').values()).toEqual([
      ['ann', 5],
    ])
    expect(() => reader.run('DELETE FROM setting')).toThrow('readonly')
    reader.close(true)
    await store.stop()
  })

  test('is made alone for what the folder was made for, and looking makes none', async () => {
    expect(() => openLedgerReader(dir)).toThrow('There is no ledger of crash in the data folder')
    expect(existsSync(path)).toBe(false)
    const { store } = await serve(true, false)
    expect(() => openLedgerBeside(dir)).toThrow('There is no ledger of crash in the data folder')
    await store.stop()
    openLedgerBeside(dir).close(true)
    await (await serve(true)).store.stop()
  })
})

describe('its thread', () => {
  test('when it ends by itself ends everything, since the rest is of no use without it', async () => {
    const workers: Worker[] = []
    const Original = globalThis.Worker
    globalThis.Worker = class extends Original {
      constructor(...args: ConstructorParameters<typeof Original>) {
        super(...args)
        workers.push(this)
      }
    }
    const deaths: string[] = []
    const onDeath = (reason: string) => void deaths.push(reason)
    const options = { dir, dev: false, clock: fakeClock(), ledger: true, onDeath }
    const { store, thread } = await openSqlite(options)
    globalThis.Worker = Original
    workers[1]!.postMessage('this is no JSON')
    const ledger = crashLedger(thread)
    const ended = { code: 'STORE_UNAVAILABLE' }
    await expect(ledger.open('ann', 0, 1)).rejects.toMatchObject(ended)
    await expect(store.put('a', 'b')).rejects.toMatchObject(ended)
    expect(ledger.fault()).toContain('The storage thread ended: ')
    expect(store.fault()).toContain('The storage thread ended: ')
    expect(deaths).toHaveLength(1)
    await store.stop()
  })

  test('records no messages: a procedure that tries is a bug and undone alone', () => {
    const db = openLedger(dir, false)
    const procedures = {
      ...crashProcedures,
      'crash.tell'({ db: inside, append }: Context) {
        inside.query("INSERT INTO setting (name, value) VALUES ('half', '1')").run()
        append({ channels: ['crash/a'], type: 'Note', body: '1', at: 1 })
      },
    }
    const writing = writer(db, () => openWriter(path), procedures, { records: false })
    const { answers, failure } = writing.run([
      ['crash.tell', {}],
      ['crash.open', { player: 'ann', grant: 0, at: 1 }],
    ])
    expect(answers[0]).toMatchObject({ bug: 'This database records no messages' })
    expect(answers[1]).toMatchObject({ ok: { player: 'ann' } })
    expect(failure).toBeNull()
    expect(db.query("SELECT * FROM setting WHERE name = 'half'").all()).toEqual([])
    writing.close()
  })

  test.each([
    ['and undid its work', false],
    ['although its work is on disk', true],
  ])('answers a commit that failed %s as unknown, and the repeat settles it once', (_, there) => {
    let fail = false
    const db = new Proxy(openLedger(dir, false), {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (name !== 'query') return typeof value === 'function' ? value.bind(target) : value
        return (sql: string) => (sql === 'COMMIT' && fail ? { run: failing } : target.query(sql))
        function failing(): never {
          if (there) target.query('COMMIT').run()
          throw Object.assign(new Error('no disk'), { code: 'SQLITE_IOERR_FSYNC' })
        }
      },
    })
    const { run, close } = writer(db, () => openWriter(path), crashProcedures, { records: false })
    const account = 4
    const draw = { source: 'scenario', crash: 100 }
    const begun = run([
      ['crash.open', { player: 'ann', grant: 1_000, at: 1 }],
      ['crash.begin', { draw, curve: 'exp:0.00015', at: 1 }],
    ])
    const { round } = (begun.answers[1] as { ok: { round: number } }).ok
    const command = { account, key: 'k', body: 'b', at: 1, since: 0 }
    const place = { command, round, stakes: [{ slot: 1, amount: 100, target: null }] }
    fail = true
    const lost = run([['crash.place', place]])
    expect(lost.answers[0]).toMatchObject({ details: { outcome: 'unknown' } })
    fail = false
    const again = run([
      ['crash.place', place],
      ['crash.place', place],
    ])
    const first = again.answers[0] as { ok: { balance: number } }
    expect(first.ok.balance).toBe(900)
    expect(again.answers[1]).toEqual(first)
    close()
    const reader = openLedgerReader(dir)
    expect(auditLedger(reader)).toMatchObject({ faults: [], bets: 1, transfers: 2 })
    reader.close(true)
  })
})

describe('what was acknowledged is there', () => {
  test('after kill -9 in the middle of betting, three times on the same folder, and no money is made or lost', async () => {
    for (let turn = 1; turn <= 3; turn++) {
      const child = Bun.spawn([process.execPath, bettor, dir], { stdout: 'pipe' })
      let text = ''
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += chunk
        if (text.length > 20_000) child.kill('SIGKILL')
      }
      await child.exited
      const whole = text.slice(0, text.lastIndexOf('\n')).split('\n')
      const acknowledged = whole.map((line) => Number(line.slice('kept '.length)))
      expect(acknowledged.length).toBeGreaterThan(100)
      const reader = openLedgerReader(dir)
      const ids = new Set(reader.query('SELECT id FROM bet').values().flat())
      expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
      expect(auditLedger(reader).faults).toEqual([])
      reader.close(true)
    }
  })

  test.skipIf(prlimit === null && !process.env['FANFARE_REQUIRE_ALL'])(
    'when the disk lets nothing more be written; the other database goes on, and betting comes back by itself (needs prlimit)',
    async () => {
      // The limit is per file, in blocks of 512 or 1,024 bytes; the write fails with EFBIG.
      const shell = 'ulimit -S -f 4000; trap "" XFSZ; exec "$0" "$@"'
      const child = Bun.spawn(['sh', '-c', shell, process.execPath, bettor, dir], {
        stdin: 'pipe',
        stdout: 'pipe',
      })
      let text = ''
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const waits = !text.includes('failing')
        text += chunk
        if (!waits || !text.includes('failing')) continue
        Bun.spawnSync([prlimit!, '--pid', String(child.pid), '--fsize=unlimited'])
        child.stdin.write('go on\n')
        child.stdin.end()
      }
      const lines = text.trim().split('\n')
      const acknowledged = lines.filter((line) => line.startsWith('kept ')).length
      expect(acknowledged).toBeGreaterThan(100)
      expect(lines.slice(-3)).toEqual([
        `failing ${acknowledged} true true`,
        'fault null',
        'refunds true 0',
      ])
      const reader = openLedgerReader(dir)
      const { faults, bets } = auditLedger(reader)
      reader.close(true)
      expect(faults).toEqual([])
      expect(bets).toBeGreaterThanOrEqual(acknowledged)
    },
  )
})
