import { expect, test } from 'bun:test'
import { calm, echo } from '../echo.ts'
import { serverKey, start } from '../fixture.ts'
import { rawHandshake } from '../raw.ts'

const plug = echo(calm)

test('health and readiness are on every listener, metrics only on the internal one', async () => {
  await using server = await start({}, { plug })
  const internal = server.fanfare.internal?.url.origin
  for (const base of [server.url, internal]) {
    expect(await (await fetch(`${base}/healthz`)).text()).toBe('ok')
    const ready = await fetch(`${base}/readyz`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({
      ready: true,
      checks: { store: 'ok', broker: 'ok', draining: 'ok' },
    })
  }
  expect((await server.fetch('/metrics')).status).toBe(404)
  expect((await fetch(`${internal}/metrics`)).status).toBe(200)
  expect(
    (
      await fetch(`${internal}/api/connections`, {
        headers: { authorization: `Bearer ${serverKey}` },
      })
    ).status,
  ).toBe(404)
})

test('what the internal listener tells without a key no page of another origin may read', async () => {
  await using server = await start({}, { plug })
  const headers = { origin: 'https://evil.example' }
  for (const path of ['/metrics', '/readyz', '/nothing']) {
    const answer = await fetch(`${server.fanfare.internal!.url.origin}${path}`, { headers })
    expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, null])
  }
  const shared = await fetch(`${server.url}/healthz`, { headers })
  expect(shared.headers.get('access-control-allow-origin')).toBe('*')
})

test('metrics tell what happened, with bounded labels', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:a')
  await client.next()
  await server.publish('echo/room:a', 'Said', { n: 1 })
  await client.next()
  client.send({ i: '1', c: 'no-such-command-1' })
  client.send({ i: '2', c: 'Echo' })
  await client.next()
  await client.next()
  const text = async () => (await fetch(`${server.fanfare.internal?.url.origin}/metrics`)).text()
  const open = await text()
  for (const line of [
    'fanfare_connections{system="echo"} 1',
    'fanfare_connections_opened_total{system="echo"} 1',
    'fanfare_messages_published_total{system="echo",type="Said"} 1',
    'fanfare_frames_received_total{system="echo",command="unknown"} 1',
    'fanfare_frames_received_total{system="echo",command="Echo"} 1',
    'fanfare_frames_refused_total{system="echo",code="UNKNOWN_COMMAND"} 1',
    'fanfare_publish_seconds_count 1',
    'fanfare_log_entries_total{level="error"} 0',
  ]) {
    expect(open).toContain(line)
  }
  expect(open).toMatch(/^fanfare_build_info\{version="[^"]+",commit="[^"]+"\} 1$/m)
  expect(open).not.toContain('no-such-command')
  client.socket.close(4999, 'my own code')
  await client.close()
  await server.settled(() => server.logged.some((line) => line.includes('connection closed')))
  expect(await text()).toContain('fanfare_connections_closed_total{system="echo",code="other"} 1')
})

test('metrics tell each check of /readyz, so that an alarm names what fails; what is tolerated is no alarm', async () => {
  const checks = { broken: () => 'gone', slow: async () => ({ tolerated: 'late' }) }
  const checked: typeof plug = (...parts) => plug(...parts).map((one) => ({ ...one, checks }))
  await using server = await start({}, { plug: checked })
  const text = await (await fetch(`${server.fanfare.internal?.url.origin}/metrics`)).text()
  const told = text.split('\n').filter((line) => line.startsWith('fanfare_ready{'))
  expect(told).toEqual([
    'fanfare_ready{check="store"} 1',
    'fanfare_ready{check="broker"} 1',
    'fanfare_ready{check="draining"} 1',
    'fanfare_ready{check="broken"} 0',
    'fanfare_ready{check="slow"} 1',
  ])
  expect((await server.fetch('/readyz')).status).toBe(503)
})

test('answers are counted by status, refusals too, but not who reads the metrics', async () => {
  await using server = await start({}, { plug })
  const read = async () => (await fetch(`${server.fanfare.internal?.url.origin}/metrics`)).text()
  expect(await read()).not.toContain('http_answers_total{')
  for (const path of ['/healthz', '/healthz', '/nowhere', '/api/channels']) await server.fetch(path)
  const told = (await read()).split('\n').filter((line) => line.includes('http_answers_total{'))
  expect(told.toSorted()).toEqual([
    'fanfare_http_answers_total{status="200"} 2',
    'fanfare_http_answers_total{status="401"} 1',
    'fanfare_http_answers_total{status="404"} 1',
  ])
})

test('an unknown address is 404 in our shape', async () => {
  await using server = await start({}, { plug })
  const answer = await server.fetch('/nowhere')
  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({ code: 'NOT_FOUND', message: 'No such address' })
})

test('no log line holds a token, a key or a query string', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:a&token=very-secret-token')
  await client.next()
  await server.publish('echo/room:a', 'Said', { n: 1 })
  client.socket.close()
  await client.close()
  await server.settled(() => server.logged.some((line) => line.includes('connection closed')))
  const all = server.logged.join('')
  for (const secret of ['very-secret-token', serverKey, 'sub=']) expect(all).not.toContain(secret)
})

test('browsers of listed origins may call, others may not, any may when none is listed', async () => {
  const asked = async (origins: string[], origin: string) => {
    await using server = await start({ limits: { origins } }, { plug })
    const headers = { origin, 'access-control-request-method': 'POST' }
    const answer = await fetch(`${server.url}/api/publish`, { method: 'OPTIONS', headers })
    return answer.headers.get('access-control-allow-origin')
  }
  expect(await asked(['https://app.example'], 'https://app.example')).toBe('https://app.example')
  expect(await asked(['https://app.example'], 'https://evil.example')).toBeNull()
  expect(await asked([], 'https://any.example')).toBe('*')
})

test('answers and refusals are for browsers to read when one asks; a backend does not pay for it', async () => {
  await using server = await start({}, { plug })
  const allowed = async (path: string, headers: Record<string, string>) =>
    (await fetch(`${server.url}${path}`, { headers })).headers.get('access-control-allow-origin')
  for (const path of ['/healthz', '/api/connections', '/nowhere']) {
    expect(await allowed(path, { origin: 'https://any.example' })).toBe('*')
    expect(await allowed(path, {})).toBeNull()
  }
})

test('a body over its limit is 413, one that breaks off is dropped, and neither is logged as a fault of ours', async () => {
  await using server = await start({ limits: { max_body: 1_024 } }, { plug })
  const post = (body: string | ReadableStream) =>
    fetch(`${server.url}/api/publish`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${serverKey}` },
    })
  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('x'.repeat(2_000)))
      controller.close()
    },
  })
  expect((await post('x'.repeat(1_025))).status).toBe(413)
  expect((await post(chunked)).status).toBe(413)
  expect((await post('x'.repeat(1_024))).status).toBe(400)
  const { hostname, port } = new URL(server.url)
  const leaving = await Bun.connect({ hostname, port: Number(port), socket: { data() {} } })
  leaving.write(
    `POST /api/publish HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer ${serverKey}\r\nContent-Length: 900\r\n\r\n{`,
  )
  leaving.flush()
  expect((await server.fetch('/healthz')).status).toBe(200)
  leaving.terminate()
  expect((await server.fetch('/healthz')).status).toBe(200)
  expect(server.logged.filter((line) => line.includes('request failed'))).toEqual([])
})

test('a request whose Host is none finds no other route than the one it asked for', async () => {
  await using server = await start()
  const ask = (path: string, host: string) =>
    rawHandshake(server.url, path, { host, connection: 'close', upgrade: '' })
  // Bun would take the address for a path alone, and a router its first segment for a host.
  for (const host of ['a b', 'a/b', '@', 'x:y']) {
    expect([host, (await ask('/zzz/healthz', host)).status]).toEqual([host, 400])
  }
  expect((await ask('/zzz/healthz', 'test')).status).toBe(404)
  expect((await ask('/healthz', 'test:80')).status).toBe(200)
})
