import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { keys } from '../../src/config/keys.ts'
import { emptyFolder, fanfare } from '../cli/run.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/operate/security.md'), 'utf8')
const old = 'the-old-secret-0123456789-0123456789'
const fresh = 'the-new-secret-0123456789-0123456789'

async function tokenBy(env: Record<string, string>, ...words: string[]): Promise<string> {
  return (await fanfare(['token', 'create', 'ann', ...words], { env })).out
}

async function holds(token: string, env: Record<string, string>): Promise<boolean> {
  return (await fanfare(['token', 'check', token], { env })).exitCode === 0
}

test('the secret of tokens is changed without an outage in the three steps of the page', async () => {
  const before = { FANFARE_AUTH_SECRET: old }
  const between = { ...before, FANFARE_AUTH_SECRETS: `k2=${fresh}` }
  const after = { FANFARE_AUTH_SECRETS: `k2=${fresh}` }
  const oldToken = await tokenBy(before)
  const newToken = await tokenBy(between, '--kid', 'k2')
  expect(await holds(oldToken, between)).toBe(true)
  expect(await holds(newToken, between)).toBe(true)
  expect(await holds(newToken, after)).toBe(true)
  expect(await holds(oldToken, after)).toBe(false)
}, 30_000)

test('every setting that holds a secret is in the table of secrets, and is never shown', async () => {
  const secrets = keys.filter(({ secret }) => secret === true).map(({ path }) => path)
  expect(secrets.length).toBeGreaterThan(5)
  for (const path of secrets) {
    const listed = page.includes(`\`${path}\``) || /^auth\.\w+\.secret$/.test(path)
    expect([path, listed]).toEqual([path, true])
  }
  const env = {
    FANFARE_AUTH_SECRET: old,
    FANFARE_SERVER_KEY: fresh,
    FANFARE_AUTH_SECRETS: `k=${old}`,
  }
  const { out } = await fanfare(['config', 'show', '--origin'], { env })
  expect(out).toContain('***')
  for (const secret of [old, fresh]) expect(out).not.toContain(secret)
})

test('every action that leaves a row in the audit log is on the page', () => {
  let sources = ''
  for (const path of new Glob('src/{http,storage}/**/*.ts').scanSync(
    join(import.meta.dir, '../..'),
  )) {
    sources += readFileSync(join(import.meta.dir, '../..', path), 'utf8')
  }
  const found = sources.matchAll(/(?:action: |audit\(\w+, )'([a-z]+\.[a-z]+|publish)'/g)
  const actions = new Set([...found].map(([, action = '']) => action))
  expect(actions.size).toBeGreaterThan(8)
  for (const action of actions) {
    const [group = ''] = action.split('.')
    const told = page.includes(`\`${action}\``) || page.includes(`\`${group}.…\``)
    expect([action, told]).toEqual([action, true])
  }
})

const binary = process.env['FANFARE_BINARY']

test.skipIf(binary === undefined)(
  'whoever sets the environment of the executable owns it, as the page warns',
  async () => {
    const folder = emptyFolder()
    await Bun.write(join(folder, 'loaded.js'), 'console.log("loaded")')
    const plain = await fanfare(['loaded.js'], { env: { BUN_BE_BUN: '1' }, folder })
    expect(plain.out).toBe('loaded')
    const env = { BUN_OPTIONS: '--preload ./loaded.js' }
    expect((await fanfare(['version'], { env, folder })).out).toMatch(/^loaded\nfanfare /)
  },
)
