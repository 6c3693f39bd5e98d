import { expect, test } from 'bun:test'
import { start } from '../../fixture.ts'
import { error, member, received, subscribe } from './scenario.ts'

const note = { level: 'info', title: 'Hello', message: 'World' }
const notification = { type: 'Notification', data: note }

test('J5: one may hear one’s families, oneself, their accounts and global; the rest is FORBIDDEN', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f2'])
  const mine = await ann.account('f1')
  const foreign = await bob.account('f2')
  const client = await ann.connect()
  for (const topic of ['family:f1', 'user:ann', `account:${mine}`, 'global']) {
    expect(await subscribe(client, topic)).toEqual({ type: 'Subscribed', data: { topic } })
  }
  for (const topic of ['family:f2', 'user:bob', `account:${foreign}`]) {
    expect(await subscribe(client, topic)).toEqual(error('FORBIDDEN', `No access to "${topic}"`))
  }
  expect(client.closed).toBeNull()
  for (const topic of ['family:f2', 'user:bob', `account:${foreign}`]) {
    await server.publish(`jive/${topic}`, 'Notification', note)
  }
  expect(await received(client)).toEqual([])
})

test('J5: a foreign account and one that does not exist get the same answer', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f2'])
  const foreign = await bob.account('f2')
  const client = await ann.connect()
  const answers: string[] = []
  for (const id of [foreign, crypto.randomUUID()]) {
    client.send({ command: 'Subscribe', data: { topic: `account:${id}` } })
    answers.push((await client.text()).replace(id, '…'))
  }
  expect(answers[0]).toBe(answers[1])
})

test('J16: Subscribe and Unsubscribe are silent, and answer only for ack: true', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  client.send({ command: 'Subscribe', data: { topic: 'global' } })
  client.send({ command: 'Subscribe', data: { topic: 'global', ack: 'true' } })
  client.send({ command: 'Unsubscribe', data: { topic: 'global' } })
  client.send({ command: 'Unsubscribe', data: { topic: 'global', ack: 'true' } })
  client.send({ command: 'Unsubscribe', data: { topic: 'family:never' } })
  expect(await received(client)).toEqual([])
  client.send({ command: 'Unsubscribe', data: { topic: 'global', ack: true } })
  expect(await client.text()).toBe('{"type":"Unsubscribed","data":{"topic":"global"}}')
})

test('J17: a topic subscribed by itself and twice by hand brings each message once', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  await subscribe(client, 'family:f1')
  await subscribe(client, 'family:f1')
  await server.publish('jive/family:f1', 'Notification', note)
  expect(await received(client)).toEqual([notification])
  client.send({ command: 'Unsubscribe', data: { topic: 'family:f1' } })
  expect(await received(client)).toEqual([])
  await server.publish('jive/family:f1', 'Notification', note)
  expect(await received(client)).toEqual([])
})

test('J4: each kind of topic reaches those who listen to it and nobody else', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f1'])
  const eve = await member(server, 'eve', ['f2'])
  const account = await ann.account('f1')
  const clients = { ann: await ann.connect(), bob: await bob.connect(), eve: await eve.connect() }
  await subscribe(clients.bob, `account:${account}`)
  await subscribe(clients.eve, 'global')
  const heard = async (channel: string) => {
    const { recipients } = await server.publish(`jive/${channel}`, 'Notification', note)
    const names: string[] = []
    for (const [name, client] of Object.entries(clients)) {
      if ((await received(client)).length > 0) names.push(name)
    }
    return [names, recipients]
  }
  expect(await heard('family:f1')).toEqual([['ann', 'bob'], 2])
  expect(await heard('family:f2')).toEqual([['eve'], 1])
  expect(await heard('user:ann')).toEqual([['ann'], 1])
  expect(await heard(`account:${account}`)).toEqual([['bob'], 1])
  expect(await heard('global')).toEqual([['eve'], 1])
  expect(await heard('family:nobody')).toEqual([[], 0])
})

test('J6: what is wrong with a command is said with its code, and the connection goes on', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  const answer = async (frame: unknown) => {
    client.send(frame)
    return (await client.next()).data.code
  }
  expect(await answer('{"command":"Fly"}')).toBe('UNKNOWN_COMMAND')
  expect(await answer('{"command":"subscribe","data":{"topic":"global"}}')).toBe('UNKNOWN_COMMAND')
  expect(await answer('{"command":"constructor"}')).toBe('UNKNOWN_COMMAND')
  expect(await answer('not json')).toBe('BAD_FRAME')
  expect(await answer('{"type":"Ping"}')).toBe('BAD_FRAME')
  for (const data of [undefined, null, 7, {}, { topic: 7 }, { topic: 'family:' }, { topic: '*' }]) {
    expect(await answer({ command: 'Subscribe', data })).toBe('INVALID_TOPIC')
    expect(await answer({ command: 'Unsubscribe', data })).toBe('INVALID_TOPIC')
  }
  expect(await received(client)).toEqual([])
})

test('J21: the tenth bad frame within a minute ends the connection with 4400', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  for (let bad = 0; bad < 10; bad++) client.send('{')
  expect((await client.close()).code).toBe(4400)
  expect(client.frames).toHaveLength(9)
})

test('J21: a frame over 1 MB ends the connection with 1009, one of 1 MB does not', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  const frame = '{"command":"Ping","data":""}'
  client.send(frame.replace('""', `"${'x'.repeat(1024 * 1024 - frame.length)}"`))
  expect(await client.next()).toEqual({ type: 'Pong' })
  client.send(frame.replace('""', `"${'x'.repeat(1024 * 1024 - frame.length + 1)}"`))
  expect([1009, 1006]).toContain((await client.close()).code)
  const other = await ann.connect()
  expect(await received(other)).toEqual([])
})

test('J21: a binary frame ends the connection with 4400, since no answer could be read', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  client.socket.send(new Uint8Array([1, 2, 3]))
  expect((await client.close()).code).toBe(4400)
})

test('J21: too many commands meet RATE_LIMITED, over all sockets of the user, and nobody else does', async () => {
  await using server = await start({ limits: { commands_per_second: 5 } })
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f1'])
  const [one, two, other] = [await ann.connect(), await ann.connect(), await bob.connect()]
  for (let sent = 0; sent < 10; sent++) one.send({ command: 'Ping' })
  await one.until(() => one.frames.length === 10, 'ten answers')
  expect(one.frames).toEqual(Array.from({ length: 10 }, () => '{"type":"Pong"}'))
  two.send({ command: 'Ping' })
  expect((await two.next()).data.code).toBe('RATE_LIMITED')
  expect(await received(other)).toEqual([])
  server.clock.advance(1_000)
  expect(await received(two)).toEqual([])
})

test('J21: a connection has a limit of topics, and the refusal names the code', async () => {
  await using server = await start({ limits: { subscriptions: 3 } })
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  expect((await subscribe(client, 'global')).type).toBe('Subscribed')
  const account = await ann.account('f1')
  expect(await subscribe(client, `account:${account}`)).toEqual(error('TOO_MANY_SUBSCRIPTIONS'))
  expect((await subscribe(client, 'global')).type).toBe('Subscribed')
  client.send({ command: 'Unsubscribe', data: { topic: 'global' } })
  expect((await subscribe(client, `account:${account}`)).type).toBe('Subscribed')
})
