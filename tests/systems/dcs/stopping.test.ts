import { expect, test } from 'bun:test'
import { start } from '../../fixture.ts'
import { listen, partner } from './scenario.ts'

test('a server about to stop makes no new channel, since nobody could listen to it, and the old one outlives it (D7)', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  const client = await listen(server, `/ws/${channel}`)
  let done = false
  const stopping = server.fanfare.stop().finally(() => (done = true))
  expect(await acme.call('/websocket/v1/get-channel')).toEqual({
    status: 503,
    code: 'RESTARTING',
    message: 'The server is restarting',
    success: false,
  })
  await server.settled(() => {
    server.clock.advance(100)
    return done
  })
  await stopping
  expect((await client.close()).code).toBe(1012)
  await using again = await server.restart()
  await listen(again, `/ws/${channel}`)
})
