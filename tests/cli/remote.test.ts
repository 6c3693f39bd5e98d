import { describe, expect, test } from 'bun:test'
import { serverKey, start } from '../fixture.ts'
import { freePort } from '../machine.ts'
import { fanfare } from './run.ts'

const data = '{"level":"info","title":"Hi","message":"Hello"}'
const words = ['publish', 'jive/family:f1', 'Notification']

/** The address of nobody. */
const nobody = () => `127.0.0.1:${freePort()}`

describe('publish and history', () => {
  test('what is published is in the history, by argument and by stdin', async () => {
    await using server = await start()
    const env = { FANFARE_URL: server.url, FANFARE_SERVER_KEY: serverKey }
    const first = await fanfare([...words, data], { env })
    expect(first).toEqual({ out: 'Published: id 1, version 1, 0 recipients', err: '', exitCode: 0 })
    const second = await fanfare([...words, '-', '--json'], { env, stdin: data })
    expect(JSON.parse(second.out)).toEqual({ id: '2', version: 2, recipients: 0 })
    const { out } = await fanfare(['history', 'jive/family:f1', '--json'], { env })
    expect(JSON.parse(out).messages).toMatchObject([{ version: 1 }, { version: 2 }])
    const { out: lines } = await fanfare(['history', 'jive/family:f1', '--after', '1'], { env })
    expect(lines).toMatch(/^2 {2}20\S+ {2}Notification {2}\{.*"Hello".*\}$/)
    const page = await fanfare(['history', 'jive/family:f1', '--limit', '1'], { env })
    expect(page.out.split('\n')).toHaveLength(1)
    expect(page.err).toBe('There is more: --after 1')
  })

  test('the history shows a balance with the decimals it was told with', async () => {
    await using server = await start()
    const env = { FANFARE_URL: server.url, FANFARE_SERVER_KEY: serverKey }
    const balance = { account_id: 'a1', balance: '1000.00' }
    await server.publish('jive/family:f1', 'AccountBalanceUpdate', balance)
    const { out } = await fanfare(['history', 'jive/family:f1'], { env })
    expect(out).toEndWith('AccountBalanceUpdate  {"account_id":"a1","balance":1000.00}')
  })

  test('a repeat with the same idempotency key is no second message', async () => {
    await using server = await start()
    const again = [
      ...words,
      data,
      '--url',
      server.url,
      '--key',
      serverKey,
      '--idempotency-key',
      'k',
    ]
    const [first, second] = [await fanfare(again), await fanfare(again)]
    expect(second).toEqual(first)
  })

  test('a refusal is one line with its code, and exits 1', async () => {
    await using server = await start()
    const at = ['--url', server.url, '--key']
    const wrong = await fanfare([...words, '{"level":7}', ...at, serverKey])
    expect(wrong.exitCode).toBe(1)
    expect(wrong.err).toMatch(/^400 INVALID_REQUEST: /)
    const foreign = await fanfare([...words, data, ...at, 'other'])
    expect(foreign.exitCode).toBe(1)
    expect(foreign.err).toMatch(/^401 UNAUTHORIZED: /)
  })

  test('a message about a user of a partner names that user, as dcs demands', async () => {
    await using server = await start()
    await server.fetch('/api/dcs/partners/acme', { method: 'PUT', token: serverKey })
    const at = ['--url', server.url, '--key', serverKey]
    const kyc = ['publish', 'dcs/partner:acme', 'KYC_STATUS', '{"status":"PASS"}', ...at]
    expect((await fanfare(kyc)).err).toContain('externalUserId')
    const told = await fanfare([...kyc, '--external-user-id', 'f1b718e0'])
    expect(told.out).toBe('Published: id 1, version 1, 0 recipients')
  })

  test('a server that is not there exits 3, found by the first listener of the configuration that has the API', async () => {
    const address = nobody()
    const env = { FANFARE_LISTEN: `8012=jive ${address}=*`, FANFARE_SERVER_KEY: 'k' }
    expect(await fanfare([...words, data], { env })).toEqual({
      out: '',
      err: `Cannot reach http://${address} (ECONNREFUSED)`,
      exitCode: 3,
    })
  })

  test('without a listener that has the API the configuration is at fault, which exits 2', async () => {
    const env = { FANFARE_LISTEN: '8012=jive', FANFARE_SERVER_KEY: 'k' }
    expect(await fanfare([...words, data], { env })).toEqual({
      out: '',
      err: 'No listener serves all systems, and only such a one has the API',
      exitCode: 2,
    })
  })
})

describe('connect', () => {
  test('prints frames, sends lines and ends well when the server says good-bye', async () => {
    using server = Bun.serve({
      port: 0,
      fetch: (request, served) => (served.upgrade(request) ? undefined : new Response()),
      websocket: {
        open: (socket) => void socket.send('hello'),
        message(socket, frame) {
          socket.send(`you said ${frame}`)
          socket.send(new Uint8Array([1, 255]))
          socket.close(1000, 'bye')
        },
      },
    })
    const ran = await fanfare(['connect', String(server.url)], { stdin: 'one\n' })
    expect(ran).toEqual({
      out: 'hello\nyou said one\n(binary) 01ff',
      err: 'Connected\nClosed 1000 bye',
      exitCode: 0,
    })
  })

  test('a Ping of jive is answered, so that who only listens is not cut as silent', async () => {
    using server = Bun.serve({
      port: 0,
      fetch: (request, served) => (served.upgrade(request) ? undefined : new Response()),
      websocket: {
        open: (socket) => void socket.send('{"type":"Ping"}'),
        message: (socket, frame) => socket.close(1000, String(frame)),
      },
    })
    const { err } = await fanfare(['connect', String(server.url)])
    expect(err).toBe('Connected\nClosed 1000 {"command":"Pong"}')
  })

  test('--wait says good-bye itself once stdin has ended', async () => {
    await using server = await start()
    const url = `${server.url}/jive/ws?token=${await server.token('ann')}`
    const { err, exitCode } = await fanfare(['connect', url, '--wait', '100ms'])
    expect({ err, exitCode }).toEqual({ err: 'Connected\nClosed 1000', exitCode: 0 })
  })

  test('a close that is no good-bye exits 1 with code and reason', async () => {
    using server = Bun.serve({
      port: 0,
      fetch: (request, served) => (served.upgrade(request) ? undefined : new Response()),
      websocket: { open: (socket) => socket.close(4403, 'not allowed'), message() {} },
    })
    const { err, exitCode } = await fanfare(['connect', String(server.url)])
    expect(err).toBe('Connected\nClosed 4403 not allowed')
    expect(exitCode).toBe(1)
  })

  test('a refused handshake tells the status and the code that a socket hides', async () => {
    await using server = await start()
    const { err, exitCode } = await fanfare(['connect', `${server.url}/jive/ws?token=x`])
    expect(err).toBe('Refused: 401 UNAUTHORIZED: Token missing, invalid or expired')
    expect(exitCode).toBe(1)
  })

  test('headers reach the server', async () => {
    using server = Bun.serve({
      port: 0,
      fetch: ({ headers }) =>
        Response.json({ code: 'SEEN', message: headers.get('x-a') ?? '' }, { status: 400 }),
    })
    const { err } = await fanfare(['connect', String(server.url), '--header', 'X-A: b: c'])
    expect(err).toBe('Refused: 400 SEEN: b: c')
  })

  test('nobody there exits 3', async () => {
    expect((await fanfare(['connect', `ws://${nobody()}/ws`])).exitCode).toBe(3)
  })
})
