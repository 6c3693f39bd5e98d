import { expect, test } from 'bun:test'
import { calm, echo } from '../echo.ts'
import { start } from '../fixture.ts'

const plug = echo(calm)

test('commands of one client run one after another, though Bun does not wait for async handlers', async () => {
  await using server = await start({}, { plug })
  const [client, other] = [await server.connect('/echo/ws'), await server.connect('/echo/ws')]
  await client.next()
  await other.next()
  client.send({ i: '1', c: 'Wait', d: { name: 'gate' } })
  client.send({ i: '2', c: 'Echo', d: 2 })
  client.send({ i: '3', c: 'Echo', d: 3 })
  // Another client is not held up, and its answer shows that the first one's frames have arrived.
  expect(await other.upTo({ i: 'x', c: 'Echo', d: 0 }, ({ i }) => i === 'x')).toEqual([])
  expect(client.frames).toEqual([])
  other.send({ i: 'y', c: 'Free', d: { name: 'gate' } })
  expect([await client.next(), await client.next(), await client.next()]).toEqual([
    { i: '1', r: 'gate' },
    { i: '2', r: 2 },
    { i: '3', r: 3 },
  ])
})

test('a bug in a handler is logged once, answered INTERNAL_ERROR, and ends nobody', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  await client.next()
  for (const command of ['Boom', 'BoomLater']) {
    client.send({ i: command, c: command })
    expect(await client.next()).toMatchObject({ i: command, error: 'INTERNAL_ERROR' })
  }
  client.send({ i: '2', c: 'Echo', d: 'alive' })
  expect(await client.next()).toEqual({ i: '2', r: 'alive' })
  expect(server.logged.filter((line) => line.includes('"level":"error"'))).toHaveLength(2)
})

test('a shape that does not fit names the field, and an unknown command is told', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  await client.next()
  client.send({ i: '1', c: 'Subscribe', d: { name: 5 } })
  expect(await client.next()).toMatchObject({
    i: '1',
    error: 'INVALID_REQUEST',
    details: [{ path: 'name' }],
  })
  client.send({ i: '2', c: '__proto__' })
  expect(await client.next()).toMatchObject({ i: '2', error: 'UNKNOWN_COMMAND' })
})

test('the tenth bad frame within a minute ends the connection, nine a minute do not', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  await client.next()
  for (let minute = 0; minute < 2; minute++) {
    for (let n = 0; n < 9; n++) {
      client.send('{')
      expect(await client.next()).toMatchObject({ error: 'BAD_FRAME' })
    }
    server.clock.advance(60_000)
  }
  for (let n = 0; n < 10; n++) client.send('{')
  expect((await client.close()).code).toBe(4400)
  expect(client.frames).toHaveLength(9)
})

test('what cannot be answered closes at once: binary and deep nesting (4400), too big (1009)', async () => {
  await using server = await start({ limits: { max_frame: 65_536 } }, { plug })
  const closing = async (frame: string | Uint8Array<ArrayBuffer>) => {
    const client = await server.connect('/echo/ws')
    await client.next()
    client.socket.send(frame)
    return (await client.close()).code
  }
  expect(await closing(new Uint8Array([1, 2, 3]))).toBe(4400)
  expect(await closing(`{"c":"Echo","d":${'['.repeat(32)}${']'.repeat(32)}}`)).toBe(4400)
  expect(await closing('['.repeat(60_000))).toBe(4400)
  expect([1006, 1009]).toContain(await closing('x'.repeat(65_537)))
  const client = await server.connect('/echo/ws')
  await client.next()
  const exact = JSON.stringify({ c: 'Echo', d: 'x'.repeat(65_536 - 19) })
  expect(exact).toHaveLength(65_536)
  client.send(exact)
  expect((await client.next()).r).toHaveLength(65_536 - 19)
})

test('a burst over the rate is refused with the time to wait, per user across sockets', async () => {
  await using server = await start({}, { plug })
  const [one, two] = [
    await server.connect('/echo/ws?user=u'),
    await server.connect('/echo/ws?user=u'),
  ]
  const stranger = await server.connect('/echo/ws?user=v')
  for (const client of [one, two, stranger]) await client.next()
  for (let n = 0; n < 100; n++) one.send({ i: String(n), c: 'Echo' })
  for (let n = 0; n < 100; n++) expect(await one.next()).toEqual({ i: String(n), r: null })
  two.send({ i: 'over', c: 'Echo' })
  const over = await two.next()
  expect(over).toMatchObject({ i: 'over', error: 'RATE_LIMITED', details: { retryAfterMs: 20 } })
  stranger.send({ i: '1', c: 'Echo' })
  expect(await stranger.next()).toEqual({ i: '1', r: null })
  server.clock.advance(20)
  two.send({ i: 'later', c: 'Echo' })
  expect(await two.next()).toEqual({ i: 'later', r: null })
})

test('a flooder is refused, then cut, while a bystander is answered', async () => {
  await using server = await start({}, { plug })
  const [flooder, bystander] = [await server.connect('/echo/ws'), await server.connect('/echo/ws')]
  await flooder.next()
  await bystander.next()
  for (let n = 0; n < 1_200; n++) flooder.send({ i: String(n), c: 'Echo' })
  await flooder.close()
  bystander.send({ i: '1', c: 'Echo' })
  expect(await bystander.next()).toEqual({ i: '1', r: null })
  expect(server.logged.some((line) => line.includes('"reason":"flood"'))).toBe(true)
})

test('the frames that wait for one client are bounded, so that a stuck command costs no memory', async () => {
  await using server = await start({ limits: { max_waiting: 4 } }, { plug })
  const client = await server.connect('/echo/ws')
  await client.next()
  client.send({ c: 'Wait', d: { name: 'never' } })
  for (let n = 0; n < 5; n++) client.send({ c: 'Echo' })
  await client.close()
  expect(server.logged.some((line) => line.includes('"reason":"flood"'))).toBe(true)
})

test('the bytes that wait for one client are bounded too, at two frames of the largest size', async () => {
  await using server = await start({ limits: { max_frame: 1_024 } }, { plug })
  const client = await server.connect('/echo/ws')
  await client.next()
  client.send({ c: 'Wait', d: { name: 'never' } })
  for (let n = 0; n < 3; n++) client.send({ c: 'Echo', d: 'x'.repeat(900) })
  await client.close()
  expect(server.logged.some((line) => line.includes('"reason":"flood"'))).toBe(true)
})
