import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/storage/sqlite/client.ts'
import { StorageError } from '../../src/storage/sqlite/failure.ts'
import { createKey, keyByHash, listKeys, revokeKey } from '../../src/storage/sqlite/keys.ts'
import { migrations } from '../../src/storage/sqlite/migrate.ts'
import { openBeside, openFolder } from '../../src/storage/sqlite/open.ts'
import { fakeClock } from '../clock.ts'

let dir: string
let path: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-open-'))
  path = join(dir, 'fanfare.db')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Makes a database as a server that was stopped leaves it. */
function make(dev = false, steps = migrations, change: (db: Database) => void = () => {}): void {
  const { db, lock } = openFolder(dir, dev, steps)
  change(db)
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close(true)
  lock.release()
}
/** Opening is refused with one line and leaves every byte as it was. */
function refusal(dev = false, steps = migrations): string {
  const before = readFileSync(path)
  let message = ''
  try {
    openFolder(dir, dev, steps).lock.release()
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError)
    message = (error as Error).message
  }
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(message).not.toContain('\n')
  return message
}

test('a database whose making was cut short is made anew: a server that lost its power in its first second never started again (promise 1)', () => {
  // What SQLite leaves between the first page and the end of its journal, in bytes: magic, no records, a nonce, and no page to go back to.
  const journal = Buffer.alloc(512)
  journal.write('d9d505f920a163d700000000c70a5bea0000000000000200', 'hex')
  journal.writeUInt32BE(4096, 24)
  const db = new Database(path)
  db.run('PRAGMA journal_mode = WAL')
  db.close(true)
  expect(readFileSync(path)).toHaveLength(4096)
  writeFileSync(`${path}-journal`, journal)
  // Such a journal is in the way of whoever can only read.
  const reader = new Database(path, { readonly: true })
  expect(() => reader.query('PRAGMA user_version').get()).toThrow('readonly')
  reader.close()
  make()
  expect(readdirSync(dir)).not.toContain('fanfare.db-journal')
  openFolder(dir, false).lock.release()
})

const strace = Bun.which('strace')
const named =
  'the names on the way to a new database are on the disk, too: a power failure would take the folder with all that was acknowledged (promise 1)'
test.skipIf(strace === null && !process.env['FANFARE_REQUIRE_ALL'])(named, () => {
  const source = `import { makeFolder } from '${join(import.meta.dir, '../../src/storage/sqlite/open.ts')}'; makeFolder('${dir}/a/b/c')`
  const trace = join(dir, 'trace')
  const words = ['strace', '-f', '-y', '-e', 'trace=fsync,mkdir,mkdirat', '-o', trace]
  const { exitCode } = Bun.spawnSync([...words, process.execPath, '-e', source])
  expect(exitCode).toBe(0)
  const synced = [...readFileSync(trace, 'utf8').matchAll(/fsync\(\d+<(.*?)>\)\s+= 0/g)]
  expect(synced.map(([, path]) => path)).toEqual([`${dir}/a/b`, `${dir}/a`, dir])
})

describe('a database that cannot be used is refused and left untouched', () => {
  test('of a newer version', () => {
    make(false, [...migrations, 'CREATE TABLE later (x INTEGER) STRICT'])
    const newest = migrations.length
    expect(refusal()).toBe(
      `The database "${path}" is of version ${newest + 1}, this program knows versions up to ${newest}; use a newer one`,
    )
  })

  test.each([
    ['another application_id', 'PRAGMA application_id = 7; CREATE TABLE theirs (x)'],
    ['tables and no application_id', 'CREATE TABLE theirs (x)'],
  ])('of another program: %s', (_, sql) => {
    const db = new Database(path)
    db.run(sql)
    db.close(true)
    expect(refusal()).toBe(`The database "${path}" belongs to another program`)
  })

  test('that is no database at all', () => {
    writeFileSync(path, 'these are not the bytes you are looking for '.repeat(500))
    expect(refusal()).toBe(`The file "${path}" is no database`)
  })

  test('with a page overwritten in the middle', () => {
    make(false, migrations, (db) => {
      const insert = db.query('INSERT INTO fact (key, value) VALUES (?, ?)')
      for (let index = 0; index < 500; index++) insert.run(`key${index}`, 'x'.repeat(200))
    })
    const bytes = readFileSync(path)
    bytes.fill(0xa5, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192)
    writeFileSync(path, bytes)
    expect(refusal()).toContain(`The database "${path}" is damaged: `)
  })

  test('cut off at the end', () => {
    make()
    truncateSync(path, 20_000)
    expect(refusal()).toContain(`The database "${path}" is damaged: `)
  })

  test('made for development, and the other way round', () => {
    make(true)
    expect(refusal(false)).toBe(
      `The database "${path}" was made with --dev and cannot be used without it`,
    )
    rmSync(path)
    make(false)
    expect(refusal(true)).toBe(
      `The database "${path}" was made without --dev and cannot be used with it`,
    )
  })

  test('in a folder that cannot be made or written, whoever asks', () => {
    const file = join(dir, 'file')
    writeFileSync(file, '')
    for (const folder of [join(file, 'data'), '/proc/self'])
      expect(() => openFolder(folder, false)).toThrow(
        `Cannot write to the data folder "${folder}": `,
      )
  })
})

describe('one server for a data folder', () => {
  test('a second one is told which folder is taken, in this process and in another', async () => {
    const { lock, db } = openFolder(dir, false)
    const line = `The data folder "${dir}" is in use by another server`
    expect(() => openFolder(dir, false)).toThrow(line)
    await expect(openSqlite({ dir, dev: false, clock: fakeClock() })).rejects.toThrow(line)
    const script = `
      import { openFolder } from ${JSON.stringify(join(import.meta.dir, '../../src/storage/sqlite/open.ts'))}
      try { openFolder(${JSON.stringify(dir)}, false) } catch (error) { console.log(error.message) }`
    const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' })
    expect((await child.stdout.text()).trim()).toBe(line)
    lock.release()
    db.close(true)
    make()
  })

  test('waits for a command that has the folder for a moment: a server that started beside one was refused', async () => {
    const script = `
      import { openFolder } from ${JSON.stringify(join(import.meta.dir, '../../src/storage/sqlite/open.ts'))}
      const { db, lock } = openFolder(${JSON.stringify(dir)}, false)
      console.log('taken')
      await Bun.stdin.text()
      await Bun.sleep(300)
      db.close(true)
      lock.release()`
    const child = Bun.spawn([process.execPath, '-e', script], { stdin: 'pipe', stdout: 'pipe' })
    await child.stdout.getReader().read()
    expect(() => openFolder(dir, false)).toThrow('is in use by another server')
    void child.stdin.end()
    const { lock, db } = openFolder(dir, false, migrations, 20_000)
    lock.release()
    db.close(true)
    expect(await child.exited).toBe(0)
  })
})

describe('migrations', () => {
  test('run each once, and what held data is backed up beside the database first', () => {
    make(false, migrations.slice(0, 1), (db) => {
      db.run("INSERT INTO fact (key, value) VALUES ('kept', 'yes')")
    })
    make()
    make()
    const backups = readdirSync(dir).filter((name) => name.includes('backup'))
    expect(backups).toEqual(['fanfare.db.backup-v1'])
    for (const file of [path, join(dir, 'fanfare.db.backup-v1')]) {
      const db = new Database(file, { readonly: true })
      expect(db.query('SELECT value FROM fact').get()).toEqual({ value: 'yes' })
      db.close(true)
    }
  })

  test('one that fails leaves the version before it whole', () => {
    make(false, migrations.slice(0, 1))
    const broken = [migrations[0]!, 'CREATE TABLE half (x INTEGER) STRICT; CREATE TABLE half (y)']
    expect(refusal(false, broken)).toContain(`Cannot use the database "${path}": `)
    make()
    const db = new Database(path, { readonly: true })
    expect(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get()).toBeNull()
    expect(db.query('PRAGMA user_version').get()).toEqual({ user_version: migrations.length })
    db.close(true)
  })

  test('every table is STRICT, every commit is synced', () => {
    make(false, migrations, (db) => {
      const tables = db
        .query(
          "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'",
        )
        .all() as { name: string; strict: number }[]
      const loose = tables.filter(({ name, strict }) => strict === 0 && !name.startsWith('sqlite_'))
      expect(loose).toEqual([])
      expect(db.query('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
      expect(db.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
      expect(db.query('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 })
    })
  })
})

describe('server keys', () => {
  const key = {
    name: 'shop',
    hash: 'a'.repeat(64),
    scopes: ['publish', 'wallet'] as const,
    createdAt: 5,
  }

  test('made and revoked beside a running server hold and end there at once', async () => {
    const { store } = await openSqlite({ dir, dev: false, clock: fakeClock() })
    const db = openBeside(dir)
    createKey(db, key)
    expect(await store.keyByHash(key.hash)).toEqual(key)
    expect(revokeKey(db, 'shop', 9)).toBe(true)
    expect(await store.keyByHash(key.hash)).toBeNull()
    expect(revokeKey(db, 'shop', 10)).toBe(false)
    expect(listKeys(db)).toEqual([{ ...key, revokedAt: 9 }])
    db.close(true)
    await store.stop()
  })

  test('are made in an empty folder too, leave audit rows, and a name is used once', () => {
    const db = openBeside(join(dir, 'new'))
    createKey(db, key)
    expect(() => createKey(db, { ...key, hash: 'b'.repeat(64) })).toThrow(
      'There is a key named "shop" already',
    )
    revokeKey(db, 'shop', 9)
    expect(keyByHash({ db }, key.hash)).toBeNull()
    expect(db.query('SELECT at, actor, action, subject FROM audit_log ORDER BY id').all()).toEqual([
      { at: 5, actor: 'cli', action: 'key.create', subject: 'shop' },
      { at: 9, actor: 'cli', action: 'key.revoke', subject: 'shop' },
    ])
    db.close(true)
  })
})
