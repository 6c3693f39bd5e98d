import { expect, test } from 'bun:test'
import { calm, echo } from '../echo.ts'
import { start, type Fixture } from '../fixture.ts'
import { deflatedText, offering, type Deflating } from '../hostile/deflating.ts'
import { frame, op } from '../hostile/raw.ts'
import type { Plug } from '../../src/systems.ts'

const long = 'a long text that says the same again and again, '.repeat(20)
const shared = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover'

/** The test system twice on each listener: the first one compresses, the second one does not. */
const plug: Plug = (...given) => {
  const [first] = echo(calm)(...given)
  return [
    { ...first!, compression: true },
    { ...first!, name: 'second', paths: { shared: ['/second/ws'], own: ['/ws'] } },
  ]
}

const say = (text: string) => JSON.stringify({ i: '1', c: 'Echo', d: text })
const said = (text: string) => JSON.stringify({ i: '1', r: text })
const hello = { text: '{"hello":true}', deflated: false, length: 14 }

/** Waits until so many frames have come, and gives the newest. */
async function newest(server: Fixture, client: Deflating, count: number) {
  await server.settled(() => client.frames().length === count)
  return client.frames()[count - 1]!
}

test('long replies are deflated for who offers it, each on its own, and short ones never (RFC 7692)', async () => {
  await using server = await start({}, { plug })
  const client = await offering(server.url, '/echo/ws')
  expect(client.extensions).toBe(shared)
  expect(await newest(server, client, 1)).toEqual(hello)
  // Deflated twice the same bytes come out only where no message leans on the one before it.
  for (const count of [2, 3]) {
    client.send(deflatedText(say(long)))
    const { text, deflated, length } = await newest(server, client, count)
    expect({ text, deflated }).toEqual({ text: said(long), deflated: true })
    expect(length).toBeLessThan(100)
  }
  const [, one, two] = client.frames()
  expect(one).toEqual(two!)
  for (const [count, characters, deflated] of [
    [4, 255, false],
    [5, 256, true],
  ] as const) {
    const text = 'x'.repeat(characters - said('').length)
    client.send(frame(op.text, say(text)))
    expect(await newest(server, client, count)).toMatchObject({ text: said(text), deflated })
  }
  client.end()
})

test('who offers nothing is told the same in plain', async () => {
  await using server = await start({}, { plug })
  const client = await offering(server.url, '/echo/ws', null)
  client.send(frame(op.text, say(long)))
  expect(await newest(server, client, 2)).toMatchObject({ text: said(long), deflated: false })
  expect(client.extensions).toBeNull()
  client.end()
})

test.each([500, 1])(
  'a message of a channel is deflated where it is long, in a hot channel too (above %d)',
  async (above) => {
    await using server = await start({}, { plug, heat: { above, perTurn: 1 } })
    const clients = await Promise.all([
      offering(server.url, '/echo/ws?sub=room:1'),
      offering(server.url, '/echo/ws?sub=room:1', null),
      offering(server.url, '/echo/ws?sub=room:1'),
    ])
    for (const client of clients) await newest(server, client, 1)
    const told = (text: string) => JSON.stringify({ t: 'Text', d: text })
    for (const [count, text] of [
      [2, long],
      [3, 'short'],
    ] as const) {
      await server.publish('echo/room:1', 'Text', text)
      for (const [index, client] of clients.entries()) {
        const { text: heard, deflated } = await newest(server, client, count)
        expect(heard).toBe(told(text))
        expect(deflated).toBe(text === long && index !== 1)
      }
    }
    for (const client of clients) client.end()
  },
)

test('what a client has missed is deflated where it is long, like what is live', async () => {
  await using server = await start({}, { plug })
  for (const text of [long, 'short', long]) await server.publish('echo/room:1', 'Text', text)
  const client = await offering(server.url, '/echo/ws?sub=room:1&after=0')
  await server.settled(() => client.frames().length === 4)
  expect(client.frames().map(({ deflated }) => deflated)).toEqual([true, false, true, false])
  expect(client.frames().map(({ text }) => text.includes(long))).toEqual([true, false, true, false])
  client.end()
})

test('a system without it is never compressed on a listener it shares with one that has it', async () => {
  await using server = await start({}, { plug })
  const client = await offering(server.url, '/second/ws')
  expect([client.status, client.extensions]).toEqual([101, null])
  client.send(frame(op.text, say(long)))
  expect(await newest(server, client, 2)).toMatchObject({ text: said(long), deflated: false })
  client.send(deflatedText(say('nobody agreed on this')))
  expect(await newest(server, client, 3)).toMatchObject({ text: 'close:1002' })
})

test('a listener without a system that wants it answers no offer', async () => {
  const listen = [{ host: '127.0.0.1', port: 0, systems: ['second'] }]
  await using server = await start({ listen }, { plug })
  const client = await offering(server.url, '/ws')
  expect([client.status, client.extensions]).toEqual([101, null])
  client.end()
})

const MB = 1024 ** 2
const faults: readonly [what: string, bytes: Uint8Array, code: string][] = [
  ['a bomb of 64 MB', deflatedText(Buffer.alloc(64 * MB, 'x')), 'close:1009'],
  ['a byte over a megabyte', deflatedText(say('x'.repeat(MB + 1 - say('').length))), 'close:1009'],
  ['bytes that nobody has deflated', frame(op.text, 'no deflate', { rsv: 4 }), 'close:1007'],
  ['text that is no UTF-8', deflatedText(new Uint8Array([0xc3, 0x28])), 'close:1007'],
  ['a deflated ping', frame(op.ping, 'x', { rsv: 4 }), 'close:1002'],
]

test.each(faults)('%s ends one connection alone', async (_, bytes, code) => {
  await using server = await start({}, { plug })
  const [client, bystander] = [
    await offering(server.url, '/echo/ws'),
    await offering(server.url, '/echo/ws'),
  ]
  client.send(bytes)
  expect((await newest(server, client, 2)).text).toBe(code)
  bystander.send(deflatedText(say('still here')))
  expect(await newest(server, bystander, 2)).toMatchObject({ text: said('still here') })
  bystander.end()
})

test('a frame of exactly a megabyte passes, deflated to a few hundred bytes or not', async () => {
  await using server = await start({ limits: { max_backlog: 4 * MB } }, { plug })
  const client = await offering(server.url, '/echo/ws')
  const text = 'x'.repeat(MB - say('').length)
  client.send(deflatedText(say(text)))
  expect(await newest(server, client, 2)).toMatchObject({ text: said(text), deflated: true })
  client.end()
})

test('a client of today negotiates it by itself', async () => {
  await using server = await start({}, { plug })
  const [one, other] = [await server.connect('/echo/ws'), await server.connect('/second/ws')]
  expect(one.socket.extensions).toContain('permessage-deflate')
  expect(other.socket.extensions).toBe('')
  for (const client of [one, other]) {
    await client.next()
    client.send(say(long))
    expect(await client.text()).toBe(said(long))
  }
})
