import { expect, test } from 'bun:test'
import type { Deliveries } from '../../src/pages/console/api.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { asked, login } from './visitor.ts'

/** A server of locallife and jive with an approved rider who is online. */
async function town() {
  const server = await start({ systems: ['jive', 'locallife'] })
  const body = { status: 'approved', region_id: 'r1' }
  await server.fetch('/api/locallife/riders/rita', { method: 'PUT', body, token: serverKey })
  const rita = await server.token('rita', { aud: 'locallife' })
  await server.fetch('/v1/rider/online', { method: 'POST', body: { region_id: 'r1' }, token: rita })
  const { token } = await login(server, { key: serverKey })
  const connect = () => server.connect(`/v1/ws?token=${rita}`)
  return { server, token, connect }
}

function notify(server: Fixture) {
  return server.publish('locallife/rider:rita', 'notification', { title: 'a', content: 'b' })
}

async function explained(server: Fixture, query: string, token: string): Promise<Deliveries> {
  return asked(server, `/api/console/deliveries?${query}`, token)
}

const answers = ({ steps }: Deliveries) => steps.map(({ step, answer }) => `${step}: ${answer}`)

test('a notice that arrived is explained to the last step, and its acknowledgement is seen', async () => {
  const { server, token, connect } = await town()
  await using _ = server
  const client = await connect()
  server.clock.advance(100)
  const { id, version } = await notify(server)
  await client.next()
  const query = `user=rita&channel=locallife/rider:rita&version=${version}`
  const told = await explained(server, query, token)
  expect(told).toMatchObject({
    ...{ user: 'rita', system: 'locallife' },
    message: { id, channel: 'locallife/user:rita', version: 1, type: 'notification' },
  })
  expect(answers(told)).toEqual([
    'published: yes',
    'connected: yes',
    'subscribed: yes',
    'sent: yes',
    'acknowledged: no',
  ])
  client.send({ type: 'ack', data: { message_id: id } })
  const acknowledged = async () =>
    (await explained(server, `user=rita&system=locallife&id=${id}`, token)).steps[4]!
  while ((await acknowledged()).answer === 'no') {
    server.clock.advance(20)
    await Bun.sleep(1)
  }
  expect(await acknowledged()).toEqual({
    step: 'acknowledged',
    answer: 'yes',
    reason: 'acknowledged',
    about: { user: 'rita' },
    why: 'It does not wait any more: acknowledged, unless "rita" lost the role it was for',
  })
})

test('a notice that came while nobody was there is explained as missed, and by who came later', async () => {
  const { server, token, connect } = await town()
  await using _ = server
  const before = await connect()
  before.socket.close()
  await before.close()
  server.clock.advance(1_000)
  const { id } = await notify(server)
  const query = `user=rita&system=locallife&id=${id}`
  const missed = await explained(server, query, token)
  expect(answers(missed)).toEqual([
    'published: yes',
    'connected: no',
    'subscribed: no',
    'sent: no',
    'acknowledged: no',
  ])
  expect(missed.steps[1]).toMatchObject({
    ...{ reason: 'not_connected', about: { user: 'rita', later: 0 } },
    why: '"rita" was not connected to this node then, and not since',
  })
  expect(missed.steps[4]!.why).toBe('It waits for its acknowledgement, not told again yet')
  server.clock.advance(1_000)
  await (await connect()).next()
  const later = await explained(server, query, token)
  expect(later.steps[3]).toMatchObject({
    ...{ answer: 'unknown', reason: 'past_not_kept', about: { system: 'locallife', later: 1 } },
    why: expect.stringContaining('one connection came later'),
  })
})

test('who had connected and closed since is known with what it listened to', async () => {
  const { server, token, connect } = await town()
  await using _ = server
  const client = await connect()
  server.clock.advance(10)
  const { id } = await notify(server)
  await client.next()
  server.clock.advance(10)
  client.socket.close()
  await client.close()
  await server.settled(() => server.logged.some((line) => line.includes('connection closed')))
  const told = await explained(server, `user=rita&system=locallife&id=${id}`, token)
  expect(answers(told)).toEqual([
    'published: yes',
    'connected: yes',
    'subscribed: yes',
    'sent: unknown',
    'acknowledged: no',
  ])
})

test('of what is too old to be kept or was lost with a restart it is said that nobody knows', async () => {
  const { server, token, connect } = await town()
  await using _ = server
  await connect()
  server.clock.advance(10)
  const { id } = await notify(server)
  server.clock.advance(31 * 60_000)
  await using again = await server.restart()
  const { token: fresh } = await login(again, { key: serverKey })
  const ask = () => explained(again, `user=rita&system=locallife&id=${id}`, fresh)
  let told = await ask()
  while (told.steps[4]!.answer === 'no') {
    again.clock.advance(1_000)
    await Bun.sleep(1)
    told = await ask()
  }
  expect(told.knownSince).toBeGreaterThan(told.message!.at)
  expect(answers(told)).toEqual([
    'published: yes',
    'connected: unknown',
    'subscribed: unknown',
    'sent: unknown',
    'acknowledged: unknown',
  ])
  expect(token).not.toBe(fresh)
})

test('a topic that somebody may leave and join is not explained better than it is known', async () => {
  await using server = await start({ systems: ['jive'] })
  const { token } = await login(server, { key: serverKey })
  const client = await server.connect(
    `/jive/ws?token=${await server.token('ann', { families: ['f1'] })}`,
  )
  await client.next()
  server.clock.advance(10)
  const notice = { level: 'info', title: 'a', message: 'b' }
  await server.publish('jive/family:f1', 'Notification', notice)
  const family = await explained(server, 'user=ann&channel=jive/family:f1&version=1', token)
  expect(answers(family)).toEqual([
    'published: yes',
    'connected: yes',
    'subscribed: unknown',
    'sent: unknown',
    'acknowledged: unknown',
  ])
  await server.publish('jive/user:ann', 'Notification', notice)
  const own = await explained(server, 'user=ann&channel=jive/user:ann&version=1', token)
  expect(answers(own)).toEqual([
    'published: yes',
    'connected: yes',
    'subscribed: yes',
    'sent: yes',
    'acknowledged: unknown',
  ])
  expect(own.steps[4]!.why).toBe('Clients of "jive" acknowledge nothing')
})

test('a message that is not there is said to be none, of a channel nobody has it is 404, and half a question is 400', async () => {
  await using server = await start({ systems: ['jive', 'dcs'] })
  const { token } = await login(server, { key: serverKey })
  await server.publish('jive/user:ann', 'Notification', { level: 'a', title: 'b', message: 'c' })
  for (const query of [
    'user=ann&channel=jive/user:ann&version=2',
    'user=ann&system=jive&id=99',
    'user=ann&system=dcs&id=1',
  ]) {
    const told = await explained(server, query, token)
    expect([query, told.message, told.steps[0]!.answer]).toEqual([query, null, 'no'])
    expect(told.steps).toHaveLength(5)
  }
  for (const [query, status] of [
    ['user=ann&channel=jive/room:x&version=1', 404],
    ['user=ann&system=crash&id=1', 404],
    ['user=ann&channel=jive/user:ann', 400],
    ['user=ann&channel=jive/user:ann&version=1&id=1', 400],
    ['user=ann&system=jive', 400],
    ['user=%20&system=jive&id=1', 400],
    ['system=jive&id=1', 400],
  ] as const) {
    const answer = await server.fetch(`/api/console/deliveries?${query}`, { token })
    expect([query, answer.status]).toEqual([query, status])
  }
})
