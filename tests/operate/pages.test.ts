import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { Glob } from 'bun'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keys, tables } from '../../src/config/keys.ts'
import { closeCodes, errorCodes } from '../../src/core/errors.ts'
import { fanfare } from '../cli/run.ts'

const root = join(import.meta.dir, '../..')
const folder = join(root, 'docs/operate')
const pages = [...new Glob('*.md').scanSync(folder)].sort()
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const trouble = read('troubleshooting.md')

let sources = ''
beforeAll(() => {
  for (const path of new Glob('src/**/*.ts').scanSync(root))
    sources += readFileSync(join(root, path))
})

test('every line of the log that a page quotes is one that the server writes', () => {
  for (const page of pages) {
    for (const [, event = ''] of read(page).matchAll(/"event":"([^"]+)"/g)) {
      expect([page, event, sources.includes(`'${event}'`)]).toEqual([page, event, true])
    }
  }
})

test('every link between the pages leads somewhere', () => {
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      expect([page, target, existsSync(join(folder, target))]).toEqual([page, target, true])
    }
  }
})

test('every setting that a page names exists', () => {
  const known = new Set([...keys.map(({ path }) => path), ...tables])
  const [first] = [...tables]
    .filter((table) => !table.includes('.'))
    .join('|')
    .split('\n')
  for (const page of pages) {
    for (const [, path = ''] of read(page).matchAll(
      new RegExp(`\`((?:${first})\\.[a-z_.]+)(?: = [^\`]*)?\``, 'g'),
    )) {
      if (path.endsWith('.db')) continue
      expect([page, path, known.has(path)]).toEqual([page, path, true])
    }
  }
})

test('every code of a refusal and of a close that the page on troubles names exists', () => {
  const closes = new Set(Object.values(closeCodes).map(({ code }) => String(code)))
  for (const [, code = ''] of trouble.matchAll(/^\| (4\d\d\d|101\d) \|/gm)) {
    expect(closes).toContain(code)
  }
  for (const [, code = ''] of trouble.matchAll(/`([A-Z]+_[A-Z_]+)`/g)) {
    if (code.startsWith('SQLITE_')) continue
    expect(Object.keys(errorCodes)).toContain(code)
  }
})

test('every alert leads to a part of the page on troubles', () => {
  const alerts = [...read('alerts.yml').matchAll(/alert: (\w+)/g)].map(([, alert = '']) => alert)
  expect(alerts.length).toBeGreaterThan(20)
  for (const alert of alerts) expect(trouble).toContain(alert)
})

test('every verb that a page runs exists, with its options', async () => {
  const asked = new Map<string, Set<string>>()
  for (const page of pages) {
    const commands = read(page).matchAll(/(?<![\w/.-])fanfare ((?:[a-z]+ ?)+)([^\n`|;]*)/g)
    for (const [, words = '', rest = ''] of commands) {
      const verb = verbOf(words.trim().split(' '))
      if (verb === null) continue
      const options = asked.get(verb) ?? new Set<string>()
      for (const [option] of rest.matchAll(/(?<= |^)--[a-z-]+/g)) options.add(option)
      asked.set(verb, options)
    }
  }
  expect(asked.size).toBeGreaterThan(8)
  for (const [verb, options] of asked) {
    const { out, exitCode } = await fanfare([...verb.split(' '), '--help'])
    expect([verb, exitCode]).toEqual([verb, 0])
    for (const option of options)
      expect([verb, out]).toEqual([verb, expect.stringContaining(option)])
  }
}, 60_000)

/** The verb that words begin with; null where "fanfare" only stands in a sentence. */
function verbOf([first = '', second = '', third = '']: readonly string[]): string | null {
  const groups: Record<string, readonly string[]> = {
    crash: ['audit', 'rounds', 'verify', 'chain'],
    key: ['create', 'list', 'revoke'],
    token: ['create', 'check'],
    config: ['check', 'show', 'default', 'schema'],
  }
  const single = ['serve', 'doctor', 'backup', 'restore', 'history', 'publish', 'connect']
  if (single.includes(first)) return first
  if (!(groups[first] ?? []).includes(second)) return null
  return second === 'chain' ? `crash chain ${third}` : `${first} ${second}`
}

const scratch = mkdtempSync(join(tmpdir(), 'fanfare-pages-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Ends with what a server says that cannot start. */
async function refusal(dir: string, env: Record<string, string> = {}, ...words: string[]) {
  const { err } = await fanfare(['serve', ...words], {
    env: {
      FANFARE_LISTEN: '127.0.0.1:0=*',
      FANFARE_INTERNAL: '',
      FANFARE_DATA_DIR: dir,
      FANFARE_AUTH_SECRET: '0123456789abcdef0123456789abcdef',
      FANFARE_PLEDGE_UPSTREAM_URL: '',
      FANFARE_CRASH_CHAIN_LENGTH: '100',
      ...env,
    },
  })
  return err.replaceAll(dir, '/var/lib/fanfare')
}

function made(name: string): string {
  const dir = join(scratch, name)
  mkdirSync(dir)
  return dir
}

test('why a server does not start is said in the words of the page', async () => {
  const told = (line: string) => expect(trouble).toContain(`| \`${line}\` |`)
  using taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const port = await refusal(made('port'), { FANFARE_LISTEN: `127.0.0.1:${taken.port}=*` })
  told(port.replace(String(taken.port), '8080'))

  const foreign = made('foreign')
  writeFileSync(
    join(foreign, 'fanfare.db'),
    'no database at all, but long enough to be read as one',
  )
  told(await refusal(foreign))

  const used = made('used')
  await fanfare(['key', 'create', 'billing'], { env: { FANFARE_DATA_DIR: used } })
  told(await refusal(used, {}, '--dev'))

  const db = new Database(join(used, 'fanfare.db'))
  const { user_version: version } = db
    .query<{ user_version: number }, []>('PRAGMA user_version')
    .get()!
  db.run(`PRAGMA user_version = ${version + 1}`)
  db.close(true)
  const newer = await refusal(used)
  told(newer.replace(String(version + 1), '3').replace(`up to ${version}`, 'up to 2'))
}, 30_000)
