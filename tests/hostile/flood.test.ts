import { expect, test } from 'bun:test'
import { start, type Fixture } from '../fixture.ts'
import { exchange, frame, op } from './raw.ts'

const isPong = ({ type }: { type: string }) => type === 'Pong'
const isError = ({ type }: { type: string }) => type === 'Error'

async function pathOf(server: Fixture, user: string): Promise<string> {
  return `/jive/ws?token=${await server.token(user)}`
}

test('a flood of pings is cut like a flood of frames: four such clients held everybody up for a second', async () => {
  await using server = await start()
  const path = await pathOf(server, 'mallory')
  const bystander = await server.connect(await pathOf(server, 'alice'))
  await bystander.next()
  for (const opcode of [op.ping, op.pong]) {
    const flood = Array.from({ length: 1_001 }, () => frame(opcode))
    await exchange(server.url, path, flood, () => false)
  }
  expect(server.logged.filter((line) => line.includes('"reason":"flood"'))).toHaveLength(2)
  expect(await bystander.upTo({ command: 'Ping' }, isPong)).toEqual([])
})

test('pings within the budget keep a client alive and cut nobody', async () => {
  await using server = await start()
  const pings = Array.from({ length: 999 }, () => frame(op.ping))
  const last = frame(op.text, '{"command":"Ping"}')
  const path = await pathOf(server, 'bob')
  const got = await exchange(server.url, path, [...pings, last], (one) => one === '{"type":"Pong"}')
  expect(got.filter((one) => one === 'pong:')).toHaveLength(999)
})

test('large frames cost by their size over all sockets of a user: reading them holds everybody up', async () => {
  await using server = await start({ limits: { commands_per_second: 10 } })
  const [one, two] = [
    await server.connect(await pathOf(server, 'mallory')),
    await server.connect(await pathOf(server, 'mallory')),
  ]
  const bystander = await server.connect(await pathOf(server, 'alice'))
  for (const client of [one, two, bystander]) await client.next()
  // 64 parts of 16 KB each; 200 of them may come at once.
  const large = `{"command":"Pong","data":"${'x'.repeat(1_048_576 - 28)}"}`
  for (let n = 0; n < 3; n++) one.send(large)
  expect(await one.upTo({ command: 'Ping' }, isPong)).toEqual([])
  two.send(large)
  expect(await two.next()).toMatchObject({ type: 'Error', data: { code: 'RATE_LIMITED' } })
  bystander.send(large)
  expect(await bystander.upTo({ command: 'Ping' }, isPong)).toEqual([])
  server.clock.advance(60_000)
  two.send(large)
  expect((await two.upTo({ command: 'Ping' }, isPong)).filter(isError)).toEqual([])
  for (let n = 0; n < 8; n++) two.send(large)
  await two.close()
  expect(server.logged.filter((line) => line.includes('"reason":"flood"'))).toHaveLength(1)
})

test('nor does it help to be nobody: all of an address without a user pay for large frames together', async () => {
  await using server = await start({ limits: { commands_per_second: 10 }, systems: ['crash'] })
  const large = JSON.stringify({ i: 'large', t: 'PING', p: { x: 'x'.repeat(1_000_000) } })
  const isAnswer = ({ i }: { i: string }) => i !== 'state-init' && !i.startsWith('evt-')
  const codes: string[] = []
  for (let n = 0; n < 5; n++) {
    const client = await server.connect('/crash/ws')
    client.send(large)
    let answer = await client.next()
    while (!isAnswer(answer)) answer = await client.next()
    codes.push(answer.p.code ?? answer.t)
  }
  expect(codes).toEqual(['PONG', 'PONG', 'PONG', 'RATE_LIMITED', 'RATE_LIMITED'])
})

test('what costs more than may ever come at once passes when all of it is there, so that max_frame holds', async () => {
  await using server = await start({ limits: { commands_per_second: 1 } })
  const client = await server.connect(await pathOf(server, 'bob'))
  await client.next()
  client.send(`{"command":"Ping","data":"${'x'.repeat(1_000_000)}"}`)
  expect(await client.next()).toEqual({ type: 'Pong' })
})
