import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { emptyFolder, fanfare } from './run.ts'

interface Check {
  readonly name: string
  readonly state: string
  readonly message: string
}

/** Runs doctor with free ports unless told otherwise: check by name. */
async function doctor(env: Record<string, string>) {
  const { out, exitCode } = await fanfare(['doctor', '--json'], {
    env: { FANFARE_LISTEN: '127.0.0.1:0=*', FANFARE_INTERNAL: '', ...env },
  })
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] }
  return { ok, exitCode, states: new Map(checks.map((check) => [check.name, check])) }
}

test('a machine that can run the server passes, and nothing is left in the folder', async () => {
  const folder = emptyFolder()
  const { ok, exitCode, states } = await doctor({ FANFARE_DATA_DIR: folder })
  expect({ ok, exitCode }).toEqual({ ok: true, exitCode: 0 })
  expect([...states.keys()]).toEqual([
    'configuration',
    'open files',
    'data folder',
    'fsync',
    'clock',
    'schema',
    'port 0',
  ])
  expect(readdirSync(folder)).toEqual([])
})

test('a secret that serve will ask for is missed before it does', async () => {
  const { exitCode, states } = await doctor({})
  expect(exitCode).toBe(0)
  expect(states.get('configuration')).toMatchObject({ state: 'warn' })
  expect(states.get('configuration')?.message).toContain('openssl rand -hex 32')
  const env = { FANFARE_AUTH_SECRET: '0123456789abcdef0123456789abcdef' }
  expect((await doctor(env)).states.get('configuration')?.state).toBe('ok')
})

test('a folder that is not there yet is not made', async () => {
  const folder = emptyFolder()
  const { states } = await doctor({ FANFARE_DATA_DIR: join(folder, 'a/b') })
  expect(states.get('data folder')?.message).toEndWith('made at the first start')
  expect(readdirSync(folder)).toEqual([])
})

test('a folder that cannot be written to fails', async () => {
  const { exitCode, states } = await doctor({ FANFARE_DATA_DIR: '/proc/fanfare' })
  expect(exitCode).toBe(1)
  expect(states.get('data folder')?.state).toBe('fail')
})

test('fewer files than connections is a warning', async () => {
  const { exitCode, states } = await doctor({ FANFARE_LIMITS_MAX_CONNECTIONS: '1000000000' })
  expect(exitCode).toBe(0)
  expect(states.get('open files')?.state).toBe('warn')
})

test('a port that somebody else has fails, one that a healthy server has is a warning', async () => {
  let healthy = false
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () => new Response('', { status: healthy ? 200 : 404 }),
  })
  const env = { FANFARE_LISTEN: `127.0.0.1:${server.port}=*` }
  const foreign = await doctor(env)
  expect(foreign.exitCode).toBe(1)
  expect(foreign.states.get(`port ${server.port}`)?.state).toBe('fail')
  healthy = true
  const ours = await doctor(env)
  expect(ours.exitCode).toBe(0)
  expect(ours.states.get(`port ${server.port}`)?.state).toBe('warn')
})

test('a database of a newer program fails before a start would', async () => {
  const folder = emptyFolder()
  const env = { FANFARE_DATA_DIR: folder }
  await fanfare(['key', 'create', 'any'], { env })
  expect((await doctor(env)).states.get('schema')?.state).toBe('ok')
  const db = new Database(join(folder, 'fanfare.db'))
  db.run('PRAGMA user_version = 999')
  db.close(true)
  const { exitCode, states } = await doctor(env)
  expect(exitCode).toBe(1)
  expect(states.get('schema')?.message).toContain('version 999')
})
