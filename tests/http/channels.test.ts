import { expect, test } from 'bun:test'
import { calm, echo } from '../echo.ts'
import { serverKey, start } from '../fixture.ts'

const plug = echo(calm)

test('channels are listed while somebody listens, most listeners first, for a server key alone', async () => {
  await using server = await start({}, { plug })
  const list = async (token?: string) => {
    const answer = await server.fetch('/api/channels', token === undefined ? {} : { token })
    return { status: answer.status, body: (await answer.json()) as any }
  }
  const one = await server.connect('/echo/ws?sub=room:a,room:b')
  const two = await server.connect('/echo/ws?sub=room:b')
  await one.next()
  await two.next()
  expect((await list(serverKey)).body).toEqual({
    channels: [
      { channel: 'echo/room:b', listeners: 2 },
      { channel: 'echo/room:a', listeners: 1 },
    ],
  })
  one.socket.close()
  await one.close()
  await server.settled(() => server.listeners('echo/room:b') === 1)
  expect((await list(serverKey)).body.channels).toEqual([{ channel: 'echo/room:b', listeners: 1 }])
  expect((await list()).status).toBe(401)
})

test('what is older than history.retention goes by itself, so that the disk does not fill', async () => {
  await using server = await start({ history: { retention: 60_000 } }, { plug })
  const pruned = () => server.logged.filter((line) => line.includes('history pruned')).length
  // Soon after the start, for a server that is started anew every hour, and then by the hour.
  server.clock.advance(300_000)
  await server.settled(() => pruned() === 1)
  await server.publish('echo/room:a', 'Said', { n: 1 })
  server.clock.advance(3_600_000)
  await server.settled(() => pruned() === 2)
  const path = '/api/channels/echo/room:a/history'
  expect((await server.fetch(`${path}?after=0`, { token: serverKey })).status).toBe(410)
  expect(await (await server.fetch(path, { token: serverKey })).json()).toMatchObject({
    messages: [],
  })
})

test.each(['echo/romo:a', 'eco/room:a', 'echo/room:a%20b'])(
  'the history of %s is 404 and not empty, so that a typo is seen',
  async (channel) => {
    await using server = await start({}, { plug })
    const answer = await server.fetch(`/api/channels/${channel}/history`, { token: serverKey })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND' })
    const quiet = await server.fetch('/api/channels/echo/room:z/history', { token: serverKey })
    expect(await quiet.json()).toEqual({ messages: [], more: false })
  },
)
