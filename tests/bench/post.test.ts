import { expect, test } from 'bun:test'
import { createPoster, postRequest } from '../../src/bench/post.ts'

/** A server that answers with the body it got and remembers the port of each client, and a poster with a clock that moves only when told. */
function setUp(lines: number) {
  const ports: number[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request, http) {
      ports.push(http.requestIP(request)!.port)
      return new Response(`${request.method} ${await request.text()}`)
    },
  })
  let now = 0
  const poster = createPoster('127.0.0.1', server.port!, lines, { elapsed: () => now })
  return {
    ports,
    send: (body: string) => poster.send(postRequest('127.0.0.1', '/', body)),
    advance: (ms: number) => void (now += ms),
    [Symbol.dispose]() {
      poster.close()
      void server.stop(true)
    },
  }
}

test('requests share the lines there are, each with its own answer', async () => {
  using poster = setUp(3)
  const bodies = Array.from({ length: 50 }, (_, index) => String(index))
  const replies = await Promise.all(bodies.map(poster.send))
  expect(replies).toEqual(bodies.map((body) => ({ status: 200, body: `POST ${body}` })))
  expect(new Set(poster.ports).size).toBe(3)
})

test('a line that rests is used again, but not when a server may be about to close it: the request would be lost', async () => {
  using poster = setUp(1)
  await poster.send('a')
  poster.advance(4_999)
  await poster.send('b')
  expect(new Set(poster.ports).size).toBe(1)
  poster.advance(5_000)
  expect(await poster.send('c')).toEqual({ status: 200, body: 'POST c' })
  expect(new Set(poster.ports).size).toBe(2)
})

test('a PUT carries its method and its bearer', () => {
  expect(postRequest('h', '/p', '{}', 'key', 'PUT')).toBe(
    'PUT /p HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAuthorization: Bearer key\r\nContent-Length: 2\r\n\r\n{}',
  )
})
