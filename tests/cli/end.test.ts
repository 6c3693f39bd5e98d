import { expect, test } from 'bun:test'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { fanfare } from './run.ts'

/** A connection of a user of jive. */
async function connect(server: Fixture, user: string) {
  const token = await server.token(user, { families: ['f1'] })
  return server.connect(`/jive/ws?token=${token}`)
}

test('a connection is ended by its id, and a user with all that are theirs, and nobody else', async () => {
  await using server = await start({ systems: ['jive'] })
  const env = { FANFARE_URL: server.url, FANFARE_SERVER_KEY: serverKey }
  const clients = [await connect(server, 'ann'), await connect(server, 'bob')]
  const also = [await connect(server, 'ann'), await connect(server, 'ann')]
  const list = await server.fetch('/api/connections?user=bob', { token: serverKey })
  const { connections } = (await list.json()) as { connections: { id: string }[] }
  const { id } = connections[0]!
  expect(await fanfare(['end', id], { env })).toEqual({ out: `Ended ${id}`, err: '', exitCode: 0 })
  expect((await clients[1]!.close()).code).toBe(4403)
  for (const one of [clients[0]!, ...also]) expect(one.closed).toBe(null)
  const all = await fanfare(['end', '--user', 'jive/ann'], { env })
  expect(all).toEqual({ out: 'Ended every connection of jive/ann', err: '', exitCode: 0 })
  for (const one of [clients[0]!, ...also]) expect((await one.close()).code).toBe(4403)
  const gone = await fanfare(['end', id], { env })
  expect([gone.exitCode, gone.err]).toEqual([1, '404 NOT_FOUND: No such connection'])
})

test('what names neither a connection nor a user, or both, is told before anybody is asked', async () => {
  const env = { FANFARE_URL: 'http://127.0.0.1:1', FANFARE_SERVER_KEY: serverKey }
  for (const words of [[], ['c1', '--user', 'jive/ann'], ['--user', 'ann']]) {
    const { exitCode, err } = await fanfare(['end', ...words], { env })
    expect([words, exitCode]).toEqual([words, 2])
    expect(err).toMatch(/Expected .*"jive\/ann"/)
  }
})
