import { afterEach, expect, test } from 'bun:test'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificate } from '../certificate.ts'
import { program } from '../program.ts'
import { cleanUp, folder, serve } from './server.ts'

const secret = 'a-secret-for-tests-only-0123456789abcdef'
afterEach(cleanUp)
/** Listens and sends as the printed lines say; waits until each listener, in the order of its line, has a frame that holds each of its texts. */
async function paste(
  out: string,
  wanted: readonly (readonly string[])[],
): Promise<readonly WebSocket[]> {
  const tls = { rejectUnauthorized: false }
  const listeners = [...out.matchAll(/wss?:\/\/[^"]+/g)].map(([url]) => {
    const socket = new WebSocket(url, { tls } as never)
    const frames: string[] = []
    socket.onmessage = ({ data }) => void frames.push(String(data))
    const opened = new Promise((resolve) => (socket.onopen = resolve))
    return { socket, frames, opened }
  })
  expect(listeners).toHaveLength(wanted.length)
  for (const { opened } of listeners) await opened
  for (const [line] of out.matchAll(/curl .*/g)) {
    const [, address = ''] = /(http\S+)/.exec(line) ?? []
    const [, authorization = ''] = /Authorization: ([^"]+)"/.exec(line) ?? []
    const [, body = ''] = /-d '([^']+)'/.exec(line) ?? []
    const headers = { authorization, 'content-type': 'application/json' }
    const posts = line.includes('-X POST')
    const answer = await fetch(address, posts ? { method: 'POST', headers, body, tls } : { tls })
    expect({ line, ok: answer.ok }).toEqual({ line, ok: true })
  }
  for (const [place, { frames }] of listeners.entries()) {
    for (const text of wanted[place] ?? []) {
      while (!frames.some((frame) => frame.includes(text))) await Bun.sleep(5)
    }
  }
  return listeners.map(({ socket }) => socket)
}

const rings = [
  ['TransactionUpdate', '"balance":987.50', 'from the backend'],
  ['"type":"KYC_STATUS"', '"version":"1"'],
  ['新订单通知'],
  ['"新订单"'],
  [],
  ['{"code":0,"data":"0.00'],
  ['"state-init"', '"balance":"10000.00"', '"changeAmount":"25.00"'],
]

test('every printed curl line rings in the printed WebSocket lines, so that the first minute works', async () => {
  const server = serve(['--dev'])
  await server.until('"systems":"internal"')
  const sockets = await paste(server.out(), rings)
  const closed = sockets.map(
    (socket) => new Promise<number>((resolve) => (socket.onclose = ({ code }) => resolve(code))),
  )
  server.child.kill('SIGTERM')
  expect(await Promise.all(closed)).toEqual(rings.map(() => 1012))
  expect((await server.end()).code).toBe(0)
  // Throw-away data is thrown away.
  expect([
    ...new Bun.Glob('fanfare-dev-*').scanSync({ cwd: server.cwd, onlyFiles: false }),
  ]).toEqual([])
})

test('where nothing is published, no line says so: every printed line works there, too', async () => {
  const server = serve(['--dev'], { FANFARE_LISTEN: '127.0.0.1:0=jive' })
  await server.until('"systems":"internal"')
  for (const socket of await paste(server.out(), [['"balance":987.50']])) socket.close()
  expect(server.out()).not.toContain('/api/publish')
  server.child.kill('SIGTERM')
  expect((await server.end()).code).toBe(0)
})

test('with a certificate nobody has signed the printed lines still ring', async () => {
  const { cert, key } = certificate
  const server = serve(['--dev'], { FANFARE_TLS_CERT: cert, FANFARE_TLS_KEY: key })
  await server.until('"systems":"internal"')
  expect(server.out()).toMatch(/npx wscat --no-check -c "wss:/)
  expect(server.out().match(/curl -k -X POST https:/g)).toHaveLength(4)
  for (const socket of await paste(server.out(), rings)) socket.close()
  server.child.kill('SIGTERM')
  expect((await server.end()).code).toBe(0)
})

test('development runs with tokens of somebody else, which it cannot print', async () => {
  const env = { FANFARE_AUTH_JIVE_JWKS_URL: 'http://127.0.0.1:9/keys' }
  const server = serve(['--dev'], env)
  await server.until('"systems":"internal"')
  expect(server.out()).toContain('jive: no tokens, since their secret is not in the configuration')
  server.child.kill('SIGTERM')
  expect((await server.end()).code).toBe(0)
})

test('where WeChat is configured nothing stands in for it, not even in development', async () => {
  const server = serve(['--dev'], { FANFARE_LOCALLIFE_WECHAT_APP_ID: 'wx0123456789abcdef' })
  await server.until('"systems":"internal"')
  expect(server.out()).toContain('/v1/platform/ws?token=')
  expect(server.out()).not.toContain('/pay')
  server.child.kill('SIGTERM')
  expect((await server.end()).code).toBe(0)
})

test('prices move in development with no exchange in reach, and of one that is configured nothing is made up', async () => {
  const moving = serve(['--dev'], { FANFARE_PLEDGE_SYMBOLS: 'BTC-USDT PLGR-USDT' })
  await moving.until('"systems":"internal"')
  expect(moving.out()).toContain('pledge: the price of BTC-USDT, from a simulated exchange')
  const [, line = ''] = /curl (http\S+\/api\/v21\/price)\n/.exec(moving.out()) ?? []
  const seen = new Set<string | null>()
  while (seen.size < 3) {
    const quote = (await (await fetch(line)).json()) as { symbol: string; price: string | null }
    expect(quote.symbol).toBe('BTC-USDT')
    seen.add(quote.price)
    await Bun.sleep(20)
  }
  moving.child.kill('SIGTERM')
  expect((await moving.end()).code).toBe(0)
  const still = serve(['--dev'], { FANFARE_PLEDGE_UPSTREAM_URL: '' })
  await still.until('"systems":"internal"')
  expect(still.out()).toContain('pledge: the price of PLGR-USDT, from no exchange')
  const [, asked = ''] = /curl (http\S+\/api\/v21\/price)\n/.exec(still.out()) ?? []
  expect(await (await fetch(asked)).json()).toEqual({
    symbol: 'PLGR-USDT',
    price: null,
    at: null,
    age_ms: null,
    stale: true,
  })
  still.child.kill('SIGTERM')
  expect((await still.end()).code).toBe(0)
})

test('a kept data folder keeps the account of the examples, instead of one more a start', async () => {
  const env = { FANFARE_DATA_DIR: join(folder(), 'kept') }
  const accounts: unknown[] = []
  for (const [balance, version] of [
    ['987.50', 1],
    ['975.00', 2],
  ]) {
    const server = serve(['--dev'], env)
    await server.until('"systems":"internal"')
    const wanted = [
      [`"balance":${balance}`],
      [`"version":"${version}"`],
      ['新订单通知'],
      [],
      [],
      [],
      ['"changeAmount":"25.00"'],
    ]
    for (const socket of await paste(server.out(), wanted)) socket.close()
    accounts.push(/has account (\S+)/.exec(server.out())?.[1])
    server.child.kill('SIGTERM')
    expect((await server.end()).code).toBe(0)
  }
  expect(accounts[1]).toBe(accounts[0])
})

test('in production a missing secret is refused with the way to make one', async () => {
  const { code, errors } = await serve([], { NODE_ENV: 'production' }).end()
  expect(code).toBe(2)
  expect(errors).toContain('openssl rand -hex 32')
})

test('a port in use is one line with address and key, and exit 1', async () => {
  const holder = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    reusePort: false,
    fetch: () => new Response(),
  })
  const { port } = holder
  const open = { FANFARE_LISTEN: '127.0.0.1:0=*', FANFARE_INTERNAL: '' }
  for (const [setting, where] of [
    ['listen', { ...open, FANFARE_LISTEN: `127.0.0.1:0=* 127.0.0.1:${port}=jive` }],
    ['internal', { ...open, FANFARE_INTERNAL: `127.0.0.1:${port}` }],
  ] as const) {
    const server = serve([], { FANFARE_AUTH_SECRET: secret, ...where })
    const { code, errors } = await server.end()
    expect(code).toBe(1)
    expect(errors.trim()).toBe(
      `Cannot listen on 127.0.0.1:${port} (${setting}): the port is in use`,
    )
    // Nothing is made, recovered or committed for a start that cannot work (promise 11).
    expect(readdirSync(server.cwd)).toEqual([])
  }
  await holder.stop(true)
})

test.each(['192.0.2.1', '999.1.1.1'])(
  'the host %s is told as no address of this machine, and not as a port in use',
  async (host) => {
    const env = { FANFARE_AUTH_SECRET: secret, FANFARE_LISTEN: `${host}:21999=*` }
    const { code, errors } = await serve([], env).end()
    expect(code).toBe(1)
    expect(errors.trim()).toBe(
      `Cannot listen on ${host}:21999 (listen): the host is no address of this machine`,
    )
  },
)

test('a data folder has one server, and the second says which folder it is', async () => {
  const env = { FANFARE_AUTH_SECRET: secret }
  const first = serve([], env)
  await first.until('"systems":"internal"')
  const second = await serve([], env, first.cwd).end()
  expect(second.code).toBe(1)
  expect(second.errors.trim().split('\n')).toHaveLength(1)
  expect(second.errors).toContain('data')
  first.child.kill('SIGTERM')
  expect((await first.end()).code).toBe(0)
})

test('a damaged database is refused in one line and left as it was', async () => {
  const cwd = folder()
  const data = join(cwd, 'data')
  await Bun.$`mkdir -p ${data}`
  const file = join(data, 'fanfare.db')
  writeFileSync(file, 'this is no database, '.repeat(1_000))
  const before = await Bun.file(file).text()
  const { code, errors } = await serve([], { FANFARE_AUTH_SECRET: secret }, cwd).end()
  expect(code).toBe(1)
  expect(errors.trim().split('\n')).toHaveLength(1)
  expect(await Bun.file(file).text()).toBe(before)
  expect(existsSync(join(data, 'fanfare.db-wal'))).toBe(false)
})

test('data made with --dev is refused without it, so that play money never meets real money', async () => {
  const cwd = folder()
  const env = { FANFARE_DATA_DIR: join(cwd, 'kept') }
  const dev = serve(['--dev'], env, cwd)
  await dev.until('"systems":"internal"')
  dev.child.kill('SIGTERM')
  expect((await dev.end()).code).toBe(0)
  expect(existsSync(join(cwd, 'kept', 'fanfare.db'))).toBe(true)
  const { code, errors } = await serve([], { ...env, FANFARE_AUTH_SECRET: secret }, cwd).end()
  expect(code).toBe(1)
  expect(errors).toContain('--dev')
})

test('a data folder that is a file is told in one line, by the verbs that use it too', async () => {
  const cwd = folder()
  const file = join(cwd, 'file')
  writeFileSync(file, '')
  const env = { FANFARE_AUTH_SECRET: secret, FANFARE_DATA_DIR: file }
  const { code, errors } = await serve([], env, cwd).end()
  expect(code).toBe(1)
  const line = `Cannot write to the data folder "${file}": it is no folder`
  expect(errors.trim()).toBe(line)
  const key = Bun.spawnSync([...program, 'key', 'create', 'k'], { cwd, env })
  expect([key.exitCode, key.stderr.toString().trim()]).toEqual([1, line])
})
