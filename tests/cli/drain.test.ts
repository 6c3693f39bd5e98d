import { afterEach, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { signToken } from '../../src/core/auth.ts'
import { secret, serverKey, TestClient } from '../fixture.ts'
import { frame, handshakeOf, op } from '../hostile/raw.ts'
import { rawHandshake } from '../raw.ts'
import { cleanUp, folder, serve } from './server.ts'

afterEach(cleanUp)

const settings = {
  FANFARE_LISTEN: '127.0.0.1:0=*',
  FANFARE_AUTH_SECRET: secret,
  FANFARE_SERVER_KEY: serverKey,
  FANFARE_PLEDGE_UPSTREAM_URL: '',
  FANFARE_CRASH_SALT_SOURCE: 'local',
  FANFARE_LIMITS_MAX_BACKLOG: '16MB',
}

function token(sub: string, claims: object): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  return signToken({ sub, aud: 'jive', exp, ...claims }, secret)
}

const socketOf = (url: string, path: string) => TestClient.open(url.replace('http', 'ws') + path)

async function member(url: string, family: string): Promise<TestClient> {
  return socketOf(url, `/jive/ws?token=${await token('ann', { families: [family] })}`)
}

const notice = (family: string, message: string) => ({
  channel: `jive/family:${family}`,
  type: 'Notification',
  data: { level: 'info', title: 't', message },
})

/** Asks the backend's API; null when there is no answer or it is not 200. */
async function post(url: string, path: string, body: unknown): Promise<any> {
  const headers = { authorization: `Bearer ${serverKey}`, 'content-type': 'application/json' }
  const init = { method: 'POST', body: JSON.stringify(body), headers }
  const answer = await fetch(url + path, init).catch(() => null)
  return answer?.status === 200 ? answer.json() : null
}

/** Publishes to a family; the id of the message, null when it was not accepted. */
async function publish(url: string, family: string, message: string): Promise<string | null> {
  return (await post(url, '/api/publish', notice(family, message)))?.id ?? null
}

/** A client that reads nothing until it is told to, and talks all the while; resolves `end` to everything it has got. */
async function lateReader(url: string, path: string) {
  const end = Promise.withResolvers<Buffer>()
  const parts: Buffer[] = []
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const talking = setInterval(() => socket.write(frame(op.text, '{"command":"Ping"}')), 100)
  socket.once('data', () => socket.pause())
  socket.on('data', (part) => {
    parts.push(part as Buffer)
    if (String(part).includes('bye')) socket.write(frame(op.pong, 'bye'))
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    clearInterval(talking)
    end.resolve(Buffer.concat(parts))
  })
  socket.write(handshakeOf(path))
  await new Promise((resolve) => socket.once('data', resolve))
  return { read: () => void socket.resume(), end: end.promise }
}

const long = (n: number) => `${n} `.padEnd(10_000, 'x')

/** A late reader whom so many long messages wait for. */
async function laggard(url: string, count: number) {
  const family = `late${count}`
  const jwt = await token('bob', { families: [family] })
  const reader = await lateReader(url, `/jive/ws?token=${jwt}`)
  for (let from = 0; from < count; from += 100) {
    const length = Math.min(100, count - from)
    const messages = Array.from({ length }, (_, n) => notice(family, long(from + n)))
    expect(await post(url, '/api/publish/batch', { messages })).not.toBeNull()
  }
  return reader
}

/** It gets everything that waited for it, and the close frame last. */
async function readsAll({ read, end }: Awaited<ReturnType<typeof laggard>>, count: number) {
  read()
  const got = (await end).toString('latin1')
  const told = [...got.matchAll(/"message":"(\d+ x{9000,})"/g)].map(([, text]) => text!)
  expect(told).toEqual(Array.from({ length: count }, (_, n) => long(n)))
  expect(got.slice(-14)).toBe('\x88\x0c\x03\xf4restarting')
}

const numbers = (texts: readonly string[]) =>
  texts.flatMap((text) => /"message":"(\d+)"/.exec(text)?.[1] ?? []).map(Number)

test('SIGTERM under load loses nothing that was accepted, and everybody is told to come back (promise 6)', async () => {
  const server = serve([], { ...settings, FANFARE_SERVER_DRAIN: '5s' })
  const [url = '', internal = ''] = await server.urls()
  const paths = ['/pledge/ws', '/crash/ws']
  const others = paths.flatMap((path) => Array.from({ length: 40 }, () => socketOf(url, path)))
  const members = Array.from({ length: 120 }, () => member(url, 'f1'))
  const clients = await Promise.all([...members, ...others])
  const reader = await laggard(url, 640)

  const accepted: string[] = []
  let number = 0
  const publishing = (async () => {
    for (;;) {
      const id = await publish(url, 'f1', String(number + 1))
      if (id === null) return
      number++
      accepted.push(id)
    }
  })()
  while (number < 20) await Bun.sleep(5)

  server.child.kill('SIGTERM')
  let ready = await fetch(`${internal}/readyz`)
  while (ready.status === 200) ready = await fetch(`${internal}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({ checks: { draining: 'draining' } })
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  for (const path of paths) {
    const { status, headers } = await rawHandshake(url, path)
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
  }
  const seen = number
  // They go one after another: most are still there after all this.
  expect(clients.filter(({ closed }) => closed !== null).length).toBeLessThan(clients.length)
  while (clients.some(({ closed }) => closed === null)) await Bun.sleep(5)
  expect(new Set(clients.map(({ closed }) => closed!.code))).toEqual(new Set([1012]))
  await readsAll(reader, 640)
  expect((await server.end()).code).toBe(0)
  await publishing
  expect(number).toBeGreaterThan(seen)
  for (const client of await Promise.all(members)) {
    const heard = numbers(client.frames)
    expect(heard).toEqual(heard.map((_, index) => index + 1))
    expect(heard.length).toBeGreaterThanOrEqual(20)
  }

  const next = serve([], settings, server.cwd)
  const [again = ''] = await next.urls()
  expect(await recorded(again, accepted.length)).toEqual(accepted)
}, 60_000)

test('who has not read what the kernel took is waited for: 3 MB leave no trace in the server, and were lost with its end', async () => {
  const server = serve([], { ...settings, FANFARE_SERVER_DRAIN: '8s' })
  const [url = ''] = await server.urls()
  const reader = await laggard(url, 300)
  server.child.kill('SIGTERM')
  await Bun.sleep(1_000)
  await readsAll(reader, 300)
  expect((await server.end()).code).toBe(0)
})

/** The ids of all that was recorded of the family f1; `least` many. */
async function recorded(url: string, least: number): Promise<readonly string[]> {
  const ids: string[] = []
  while (ids.length < least) {
    const path = `${url}/api/channels/jive/family:f1/history?after=${ids.length}&limit=1000`
    const answer = await fetch(path, { headers: { authorization: `Bearer ${serverKey}` } })
    const { messages } = (await answer.json()) as { messages: readonly { id: string }[] }
    if (messages.length === 0) return ids
    ids.push(...messages.map(({ id }) => id))
  }
  return ids
}

/** A client that answers no ping, so that the server waits for it. */
async function deaf(url: string) {
  const { status } = await rawHandshake(url, '/crash/ws')
  expect(status).toBe(101)
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s while nobody is there ends the server at once, with 0',
  async (signal) => {
    const server = serve([], { ...settings, FANFARE_SERVER_DRAIN: '1h' })
    await server.urls()
    server.child.kill(signal)
    expect((await server.end()).code).toBe(0)
  },
)

test.each([
  ['SIGTERM', 'SIGTERM'],
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const)(
  '%s lets clients go, and %s upon it ends the server at once, with 1 and all that was accepted',
  async (first, second) => {
    const server = serve([], { ...settings, FANFARE_SERVER_DRAIN: '1h' })
    const [url = ''] = await server.urls()
    await deaf(url)
    const ids: (string | null)[] = [await publish(url, 'f1', 'before')]
    server.child.kill(first)
    await server.until('"event":"stopping"')
    ids.push(await publish(url, 'f1', 'meanwhile'))
    expect(ids).not.toContain(null)
    server.child.kill(second)
    expect((await server.end()).code).toBe(1)
    const next = serve([], settings, server.cwd)
    const [again = ''] = await next.urls()
    expect(await recorded(again, 2)).toEqual(ids as string[])
  },
)

test('with a drain of 0s everybody is closed at once, with a close frame all the same', async () => {
  const server = serve([], { ...settings, FANFARE_SERVER_DRAIN: '0s' })
  const [url = ''] = await server.urls()
  await deaf(url)
  const clients = await Promise.all([member(url, 'f1'), socketOf(url, '/pledge/ws')])
  server.child.kill('SIGTERM')
  for (const client of clients) expect((await client.close()).code).toBe(1012)
  expect((await server.end()).code).toBe(0)
})

test.each<[string, string[]]>([
  ['in production', []],
  ['in development', ['--dev']],
])(
  'SIGTERM during the start %s ends it, and the next start finds everything in order',
  async (_, args) => {
    const cwd = folder()
    for (const ms of [0, 100, 150, 200, 250, 300, 400]) {
      const server = serve(args, settings, cwd)
      await Bun.sleep(ms)
      server.child.kill('SIGTERM')
      const { code, errors } = await server.end()
      // Before the configuration has been read nothing has begun, and the signal itself ends the process.
      const ended = code === 0 || server.child.signalCode === 'SIGTERM'
      expect({ ms, errors, ended }).toEqual({ ms, errors: '', ended: true })
    }
    const left = [...new Bun.Glob('fanfare-dev-*').scanSync({ cwd, onlyFiles: false })]
    expect(left).toEqual([])
    const server = serve(args, settings, cwd)
    await server.urls()
    server.child.kill('SIGTERM')
    expect((await server.end()).code).toBe(0)
  },
  60_000,
)
