import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { certificate } from '../certificate.ts'
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

test('--live tells how the server that runs is: every check, exit 1 while one fails and 3 when nobody answers', async () => {
  let body: unknown = { ready: true, checks: { store: 'ok', pledge: 'down for 3 s' } }
  let status = 200
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    routes: { '/readyz': () => Response.json(body, { status }) },
  })
  const env = { FANFARE_INTERNAL: `127.0.0.1:${server.port}`, FANFARE_LISTEN: '127.0.0.1:0=*' }
  const live = () => fanfare(['doctor', '--live'], { env })
  const well = await live()
  expect(well.exitCode).toBe(0)
  expect(well.out.split('\n')).toEqual([
    `ok    ready          http://127.0.0.1:${server.port}`,
    'ok    store          ok',
    'warn  pledge         down for 3 s',
  ])
  status = 503
  body = { ready: false, checks: { store: 'No space is left on the disk' } }
  const ill = await live()
  expect(ill.exitCode).toBe(1)
  expect(ill.out).toContain('fail  ready          ')
  expect(ill.out).toContain('warn  store          No space is left on the disk')
  body = 'hello'
  expect(await live()).toMatchObject({
    exitCode: 1,
    err: `What answers at http://127.0.0.1:${server.port} is no Fanfare (status 503)`,
  })
  await server.stop(true)
  const gone = await live()
  expect([gone.exitCode, gone.err]).toEqual([3, expect.stringContaining('Cannot reach http://')])
})

test('--live asks the public listener where there is no internal one, encrypted or not', async () => {
  const options = { hostname: '127.0.0.1', port: 0, fetch: () => Response.json({ checks: {} }) }
  using plain = Bun.serve(options)
  const env = { FANFARE_INTERNAL: '', FANFARE_LISTEN: `0.0.0.0:${plain.port}=jive` }
  expect((await fanfare(['doctor', '--live'], { env })).out).toBe(
    `ok    ready          http://127.0.0.1:${plain.port}`,
  )
  const { cert, key } = certificate
  using secure = Bun.serve({ ...options, tls: { cert, key } })
  const tls = { FANFARE_TLS_CERT: cert, FANFARE_TLS_KEY: key }
  const { out } = await fanfare(['doctor', '--live'], {
    env: { ...env, ...tls, FANFARE_LISTEN: `127.0.0.1:${secure.port}=*` },
  })
  expect(out).toBe(`ok    ready          https://127.0.0.1:${secure.port}`)
})
