import { expect, test } from 'bun:test'
import { calm, echo } from '../echo.ts'
import { serverKey, start } from '../fixture.ts'

const plug = echo(calm)

test('connections are listed with system, user, address and channels', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:a&user=u1')
  await client.next()
  const answer = await server.fetch('/api/connections', { token: serverKey })
  const { connections, total } = (await answer.json()) as any
  expect(total).toBe(1)
  expect(connections).toEqual([
    {
      id: expect.any(String),
      system: 'echo',
      user: 'u1',
      address: '127.0.0.1',
      openedAt: server.clock.now(),
      channels: ['room:a'],
    },
  ])
  const none = await server.fetch('/api/connections?user=u2', { token: serverKey })
  expect(((await none.json()) as any).connections).toEqual([])
})

test('one connection or all of a user are ended with 4403, others stay', async () => {
  await using server = await start({}, { plug })
  const [a, b, c] = [
    await server.connect('/echo/ws?user=u'),
    await server.connect('/echo/ws?user=u'),
    await server.connect('/echo/ws?user=v'),
  ]
  for (const client of [a, b, c]) await client.next()
  const list = await server.fetch('/api/connections?user=u', { token: serverKey })
  const [first] = ((await list.json()) as any).connections
  const end = (path: string) => server.fetch(path, { method: 'DELETE', token: serverKey })
  expect((await end(`/api/connections/${first.id}`)).status).toBe(204)
  expect((await a.close()).code).toBe(4403)
  expect((await end(`/api/connections/${first.id}`)).status).toBe(404)
  expect((await end('/api/connections/nonsense')).status).toBe(404)
  expect((await end('/api/users/echo/u/connections')).status).toBe(204)
  expect((await b.close()).code).toBe(4403)
  expect(await c.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
})

test('a user of a system that does not run is 404, so that a typo does not look like success', async () => {
  await using server = await start({}, { plug })
  const path = '/api/users/eco/u/connections'
  const answer = await server.fetch(path, { method: 'DELETE', token: serverKey })
  expect(answer.status).toBe(404)
})

test('nobody lists or ends connections without a key', async () => {
  await using server = await start({}, { plug })
  expect((await server.fetch('/api/connections')).status).toBe(401)
  const path = '/api/users/echo/u/connections'
  expect((await server.fetch(path, { method: 'DELETE' })).status).toBe(401)
})

test('an id that cannot be is like one that is not there, so that no path ends in a fault of ours', async () => {
  await using server = await start({}, { plug })
  for (const id of ['-5', '-', '1.5', '%25', 'z'.repeat(2_000)]) {
    const answer = await server.fetch(`/api/connections/${id}`, {
      method: 'DELETE',
      token: serverKey,
    })
    expect(answer.status).toBe(404)
  }
})
