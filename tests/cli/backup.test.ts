import { Database } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { extentOf } from '../../src/cli/counted.ts'
import { mainSchema, migrations, versionOf } from '../../src/storage/sqlite/migrate.ts'
import { commitChain, listChains, saltChain } from '../../src/storage/sqlite/crash-chains.ts'
import { openLedgerBeside } from '../../src/storage/sqlite/crash-open.ts'
import { openFolder } from '../../src/storage/sqlite/open.ts'
import { makeOn, startChain } from '../../src/systems/crash/chain.ts'
import { serverKey } from '../fixture.ts'
import { program } from '../program.ts'
import { serve, sitDown, whim, type Asked } from '../systems/crash/gamblers.ts'
import { emptyFolder, fanfare, type Ran } from './run.ts'

const children: Bun.Subprocess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A data folder as a server that was stopped leaves it, beside the place for its backup. */
function made({ dev = false, steps = migrations, ledger = true } = {}) {
  const folder = emptyFolder()
  const data = join(folder, 'data')
  const { db, lock } = openFolder(data, dev, steps)
  db.close(true)
  lock.release()
  if (ledger) openLedgerBeside(data).close(true)
  const env = (dir: string) => ({ FANFARE_DATA_DIR: dir })
  const backup = (...words: string[]) => fanfare(['backup', ...words], { folder, env: env('data') })
  const restore = (file: string, into = 'restored') =>
    fanfare(['restore', file], { folder, env: env(into) })
  return { folder, data, backup, restore, path: (name: string) => join(folder, name) }
}

const terms = { rtpBps: 9_700, curve: 'exp:0.001', cap: 100_000, saltSource: 'manual' }

/** One line on stderr, nothing on stdout. */
function refusal({ out, err, exitCode }: Ran): [exitCode: number, line: string] {
  expect(out).toBe('')
  expect(err).not.toContain('\n')
  return [exitCode, err]
}

const headers = { authorization: `Bearer ${serverKey}`, 'content-type': 'application/json' }
const channel = 'jive/family:f1'

/** Publishes until the server is gone; gives the versions that were acknowledged. */
async function publishing(url: string, kept: number[]): Promise<void> {
  for (;;) {
    const data = { level: 'info', title: 'x', message: 'y'.repeat(500) }
    const body = JSON.stringify({ channel, type: 'Notification', data })
    const answer = await fetch(`${url}/api/publish`, { method: 'POST', body, headers }).catch(
      () => null,
    )
    if (answer === null || !answer.ok) return
    kept.push(((await answer.json()) as { version: number }).version)
  }
}

async function versionsOf(url: string): Promise<number[]> {
  const versions: number[] = []
  for (let more = true; more;) {
    const query = `after=${versions.length}&limit=1000`
    const answer = await fetch(`${url}/api/channels/${channel}/history?${query}`, { headers })
    const page = (await answer.json()) as { messages: { version: number }[]; more: boolean }
    versions.push(...page.messages.map(({ version }) => version))
    more = page.more
  }
  return versions
}

test('a backup made while people bet and publish holds everything acknowledged before it began (promises 1 to 3)', async () => {
  const folder = emptyFolder()
  const data = join(folder, 'data')
  mkdirSync(data)
  const env = { FANFARE_SYSTEMS: 'jive crash' }
  const { child, url } = await serve(data, env)
  children.push(child)
  const kept: number[] = []
  const asked: Asked[] = []
  const busy = Array.from({ length: 4 }, () => publishing(url, kept))
  for (const name of ['ann', 'bob', 'cem']) {
    const gambler = await sitDown(url, name, asked)
    busy.push(
      (async () => {
        for (let count = 0; !gambler.isClosed(); count++)
          await gambler.say(whim(gambler.phase(), String(count)))
      })(),
    )
  }
  while (kept.length < 200 || asked.length < 200) await Bun.sleep(5)
  const [messages, answers] = [kept.length, asked.filter(({ answer }) => answer !== null)]
  const before = Math.max(...kept.slice(0, messages))
  const ran = await fanfare(['backup', 'live.tar', '--json'], {
    folder,
    env: { FANFARE_DATA_DIR: data },
  })
  expect(ran).toMatchObject({ exitCode: 0, err: '' })
  expect(JSON.parse(ran.out)).toMatchObject({
    mode: 'dev',
    files: [{ name: 'fanfare.db' }, { name: 'crash.db' }],
  })
  child.kill('SIGKILL')
  await Promise.all(busy)

  const restored = join(folder, 'restored')
  const back = await fanfare(['restore', 'live.tar'], {
    folder,
    env: { FANFARE_DATA_DIR: restored },
  })
  expect(back).toMatchObject({ exitCode: 0, err: '' })
  expect(back.out).toContain('The books are right: ')
  using ledger = new Database(join(restored, 'crash.db'), { readonly: true })
  const keys = new Set(
    ledger
      .query<[string], []>(
        'SELECT a.player || c.key FROM command c JOIN account a ON a.id = c.account',
      )
      .values()
      .map(([key]) => key),
  )
  const moved = answers.filter(({ answer }) => answer!.t !== 'ERROR')
  expect(moved.length).toBeGreaterThan(10)
  expect(moved.filter(({ player, frame }) => !keys.has(player + frame.i))).toEqual([])
  const again = await serve(restored, env)
  children.push(again.child)
  const versions = await versionsOf(again.url)
  expect(versions.length).toBeGreaterThanOrEqual(before)
  expect(versions).toEqual(versions.map((_, index) => index + 1))
}, 60_000)

test('a backup overwrites nothing, leaves nothing half done, and says what is missing', async () => {
  const { folder, backup, path } = made()
  writeFileSync(path('there.tar'), 'mine')
  expect(refusal(await backup('there.tar'))).toEqual([
    1,
    '"there.tar" is there already; a backup never overwrites a file',
  ])
  expect(readFileSync(path('there.tar'), 'utf8')).toBe('mine')
  const [exitCode, line] = refusal(await backup('no/such/folder.tar'))
  expect([exitCode, line.startsWith('Cannot write "no/such/folder.tar": ENOENT')]).toEqual([
    1,
    true,
  ])
  const nothing = await fanfare(['backup', 'a.tar'], { folder, env: { FANFARE_DATA_DIR: 'none' } })
  expect(refusal(nothing)).toEqual([
    1,
    'No backup was made: There is no database in the data folder "none"',
  ])
  expect(readdirSync(folder).toSorted()).toEqual(['data', 'there.tar'])
})

const prlimit = Bun.which('prlimit')
test.skipIf(prlimit === null && !process.env['FANFARE_REQUIRE_ALL'])(
  'a disk that fills up ends a backup with one line and leaves no part of it (needs prlimit)',
  async () => {
    const { folder } = made()
    const shell = 'trap "" XFSZ; exec prlimit --fsize=100000 "$0" "$@"'
    const child = Bun.spawn(['sh', '-c', shell, ...program, 'backup', 'big.tar'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], FANFARE_DATA_DIR: 'data' },
      stderr: 'pipe',
    })
    const told = await child.stderr.text()
    expect([await child.exited, told.trim().split('\n').length]).toEqual([1, 1])
    expect(told).toStartWith('No backup was made: ')
    expect(readdirSync(folder)).toEqual(['data'])
  },
)

test('only its owner may read a backup, and it opens with tar', async () => {
  const { backup, folder, path } = made()
  expect(await backup('a.tar')).toMatchObject({ exitCode: 0, err: '' })
  const listed = Bun.spawnSync(['tar', 'tvf', path('a.tar')]).stdout.toString()
  expect(listed.match(/-rw------- .* (manifest\.json|fanfare\.db|crash\.db)$/gm)).toHaveLength(3)
  expect(statSync(path('a.tar')).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder).toSorted()).toEqual(['a.tar', 'data'])
})

test('a folder that holds a database is never restored into, nor one that a server uses', async () => {
  const { backup, restore, data } = made()
  await backup('a.tar')
  const before = readFileSync(join(data, 'fanfare.db'))
  expect(refusal(await restore('a.tar', 'data'))).toEqual([
    1,
    '"data/fanfare.db" is there already; restore into an empty folder',
  ])
  expect(readFileSync(join(data, 'fanfare.db')).equals(before)).toBe(true)
  const { db, lock } = openFolder(join(data, '..', 'busy'), false)
  expect(refusal(await restore('a.tar', 'busy'))).toEqual([
    1,
    'The data folder "busy" is in use by another server',
  ])
  db.close(true)
  lock.release()
})

/** Changes an archive in ways a disk or a person may: what it does, what restore says. */
const damages: readonly [what: string, change: (bytes: Buffer) => Buffer, why: RegExp][] = [
  ['cut in a database', (bytes) => bytes.subarray(0, 100_000), /truncated/],
  ['cut before its end', (bytes) => bytes.subarray(0, -20_000), /./],
  ['empty', () => Buffer.alloc(0), /./],
  ['no archive', () => Buffer.from('#!/bin/sh\n'.repeat(200)), /./],
  ['without its manifest', (bytes) => bytes.subarray(1_024), /./],
  ['with one byte changed', (bytes) => changed(bytes, 100_000), /its checksum is another/],
  ['with another name', (bytes) => renamed(bytes, '../../x.db'), /./],
]

function changed(bytes: Buffer, at: number): Buffer {
  bytes[at] = bytes[at]! ^ 1
  return bytes
}

/** The first database gets another name, its header a checksum that fits. */
function renamed(bytes: Buffer, name: string): Buffer {
  const at = bytes.indexOf('fanfare.db', 512)
  const header = bytes.indexOf('fanfare.db\0', at + 10)
  bytes.fill(0, header, header + 100)
  bytes.write(name, header)
  bytes.fill(' ', header + 148, header + 156)
  const sum = bytes.subarray(header, header + 512).reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, header + 148)
  return bytes
}

test.each(damages)('an archive %s restores nothing', async (_, change, why) => {
  const { backup, restore, path } = made()
  await backup('a.tar')
  writeFileSync(path('bad.tar'), change(readFileSync(path('a.tar'))))
  const [exitCode, line] = refusal(await restore('bad.tar'))
  expect(exitCode).toBe(1)
  expect(line).toStartWith('"bad.tar" is no backup that can be restored: ')
  expect(line).toMatch(why)
  expect(readdirSync(path('restored'))).toEqual(['fanfare.lock'])
})

/** Packs a folder again after a person has changed its manifest, to which all else is made to fit. */
async function repacked(
  { path }: ReturnType<typeof made>,
  change: (manifest: any) => void,
): Promise<void> {
  const folder = path('unpacked')
  mkdirSync(folder)
  Bun.spawnSync(['tar', 'xf', path('a.tar'), '-C', folder])
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  change(manifest)
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  const names = ['manifest.json', ...manifest.files.map(({ name }: { name: string }) => name)]
  Bun.spawnSync(['tar', '--format=pax', '-cf', path('b.tar'), '-C', folder, ...names])
}

test.each([
  ['a newer form', (manifest) => (manifest.format = 2), 'it was made by a newer program'],
  ['a file nobody knows', (manifest) => (manifest.files[1].name = '../crash.db'), 'files.1.name'],
  ['a mode that is none', (manifest) => (manifest.mode = 'test'), 'mode'],
  ['no files', (manifest) => (manifest.files = []), 'files'],
  ['one file less', (manifest) => manifest.files.pop(), null],
] as [string, (manifest: any) => void, string | null][])(
  'a manifest that tells %s is believed only as far as it can be true',
  async (_, change, why) => {
    const folder = made()
    await folder.backup('a.tar')
    await repacked(folder, change)
    const ran = await folder.restore('b.tar')
    // A backup without the ledger is a whole one: crash did not run there.
    if (why === null) return expect(ran).toMatchObject({ exitCode: 0, err: '' })
    expect(refusal(ran)[0]).toBe(1)
    expect(ran.err).toContain(why)
  },
)

test('a mode that its databases do not have is refused: data for development must not become money', async () => {
  const folder = made({ dev: true })
  await folder.backup('a.tar')
  await repacked(folder, (manifest) => (manifest.mode = 'production'))
  expect(refusal(await folder.restore('b.tar'))).toEqual([
    1,
    'Nothing was restored: The database "fanfare.db" was made with --dev and cannot be used without it',
  ])
})

test('rounds that were played after a backup never come again: the chains of a restored game are left', async () => {
  const { backup, restore, data, path } = made()
  {
    using db = openLedgerBeside(data)
    for (const secret of [1, 2]) {
      const making = makeOn(startChain(new Uint8Array(32).fill(secret), 10), 10)
      commitChain(db, { secret: new Uint8Array(32).fill(secret), making }, terms, 5)
    }
    saltChain(db, { chain: 1, value: 'seen-by-all', at: 6 })
  }
  await backup('a.tar')
  const { out, exitCode } = await restore('a.tar')
  expect([exitCode, out]).toEqual([
    0,
    expect.stringContaining('Left for good: 2 chains of crash, whose next rounds may be known'),
  ])
  using db = openLedgerBeside(path('restored'))
  expect(listChains(db).map(({ leftAt }) => typeof leftAt)).toEqual(['number', 'number'])
  expect(() => saltChain(db, { chain: 2, value: 'a-second-one', at: 7 })).toThrow(
    'Chain 2 was left',
  )
  expect(() => db.run('UPDATE chain SET position = position + 1 WHERE id = 1')).toThrow(
    'A chain that was left is never played again',
  )
  expect(() => db.run('UPDATE chain SET left_at = NULL')).toThrow()
  using before = openLedgerBeside(data)
  expect(listChains(before).map(({ leftAt }) => leftAt)).toEqual([null, null])
})

test('one of a thing is told as one', async () => {
  const books = { rounds: 1, bets: 2, transfers: 1 }
  expect(extentOf(books)).toBe('1 round, 2 bets, 1 transfer')
  const { backup, restore, data } = made()
  {
    using db = openLedgerBeside(data)
    const making = makeOn(startChain(new Uint8Array(32).fill(1), 10), 10)
    commitChain(db, { secret: new Uint8Array(32).fill(1), making }, terms, 5)
  }
  await backup('a.tar')
  expect((await restore('a.tar')).out).toContain('Left for good: 1 chain of crash, whose')
})

test('a backup of an older version comes back with the schema of this one', async () => {
  const { backup, restore, path } = made({ steps: migrations.slice(0, 3), ledger: false })
  expect(await backup('a.tar')).toMatchObject({ exitCode: 0, err: '' })
  expect(await restore('a.tar')).toMatchObject({ exitCode: 0, err: '' })
  expect(readdirSync(path('restored')).toSorted()).toEqual(['fanfare.db', 'fanfare.lock'])
  using db = new Database(path('restored/fanfare.db'), { readonly: true })
  expect(versionOf(db)).toBe(mainSchema.steps.length)
})

test('one of a newer version is refused', async () => {
  const { backup, restore, data } = made()
  using db = new Database(join(data, 'fanfare.db'))
  await backup('a.tar')
  db.run(`PRAGMA user_version = ${migrations.length + 1}`)
  expect(refusal(await backup('b.tar'))[1]).toContain('use a newer one')
  db.run(`PRAGMA user_version = ${migrations.length}`)
  expect(await restore('a.tar')).toMatchObject({ exitCode: 0 })
})

test('books that are wrong are not put in place: exit 4 names the row', async () => {
  const { backup, restore, data, path } = made()
  using db = openLedgerBeside(data)
  db.run(
    "INSERT INTO account (kind, player, balance, opened_at) VALUES ('player', 'mallory', 5, 1)",
  )
  expect(await backup('a.tar')).toMatchObject({ exitCode: 0 })
  const [exitCode, line] = refusal(await restore('a.tar'))
  expect([exitCode, line.includes('nothing was restored')]).toEqual([4, true])
  expect(line).toMatch(/the first at account \d+/)
  expect(existsSync(path('restored/fanfare.db'))).toBe(false)
})

test('the shell lines of docs/operate/backup.md work as they stand', async () => {
  const { folder } = made()
  const page = readFileSync(join(import.meta.dir, '../../docs/operate/backup.md'), 'utf8')
  const lines = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text)
  expect(lines).toHaveLength(5)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'fanfare'), `#!/bin/sh\nexec ${program.join(' ')} "$@"\n`)
  chmodSync(join(bin, 'fanfare'), 0o755)
  mkdirSync(join(folder, 'backups'))
  const child = Bun.spawn(['sh', '-euc', lines.join('\n')], {
    cwd: folder,
    env: {
      PATH: `${bin}:${process.env['PATH']}`,
      BACKUPS: join(folder, 'backups'),
      FANFARE_DATA_DIR: join(folder, 'data'),
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()])
  expect([await child.exited, err]).toEqual([0, ''])
  expect(out).toContain('manifest.json')
  expect(out).toContain('The books are right: 0 rounds')
  expect(readdirSync(join(folder, 'backups')).filter((name) => name.endsWith('.tar'))).toHaveLength(
    2,
  )
})
