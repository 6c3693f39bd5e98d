import { afterAll, beforeAll, expect, test } from 'bun:test'
import { frame, handshakeOf, op } from '../hostile/raw.ts'
import { openHouse, type House } from './house.ts'
import { plain } from './socket.ts'
import { comeIn, oneEach, titled, tried, wires, type Guest, type Wire } from './wires.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

const times = (count: number, one: Uint8Array) => Array.from({ length: count }, () => one)

/** The kinds of what a guest has heard since. */
function kindsOf(wire: Wire, heard: readonly string[]): string[] {
  const kinds = heard.map((said) => {
    if (wire.answer?.test(said)) return 'answer'
    return said.startsWith('pong:') ? 'pong' : (wire.codeOf(said) ?? said)
  })
  return [...new Set(kinds)]
}

/** Somebody who sends so much at once; `kinds` is what was heard since. */
async function pourer(wire: Wire, bytes: readonly Uint8Array[]) {
  const { socket, heard, outcome } = await comeIn(house, wire)
  // Until its connection is open for good, what it sends is only counted.
  await outcome()
  const before = heard().length
  socket.send(...bytes)
  return { socket, kinds: () => kindsOf(wire, heard().slice(before)) }
}

/** What came of a flood, each kind once: how it ended is last. */
async function flood(wire: Wire, bytes: readonly Uint8Array[]): Promise<readonly string[]> {
  const { socket, kinds } = await pourer(wire, bytes)
  await socket.closed()
  return [...kinds(), ...(kinds().includes('close:4429') ? [] : ['gone'])]
}

/** Cut at once: the code may be lost with whatever else was on its way, but not its reason in the log. */
function expectCut(kinds: readonly string[], before: readonly string[]): void {
  expect(['close:4429', 'gone']).toContain(kinds.at(-1)!)
  for (const kind of kinds.slice(0, -1)) expect(before).toContain(kind)
}

test.each(titled(wires))(
  'a flood of pings or pongs is cut, and one within the budget is answered: %s',
  async (_, wire) => {
    const before = house.logged('"reason":"flood"')
    for (const opcode of [op.ping, op.pong]) {
      const kinds = await flood(wire, times(1_500, frame(opcode)))
      expectCut(kinds, opcode === op.ping ? ['pong'] : [])
    }
    const within = await tried(house, wire, times(900, frame(op.ping, 'in')))
    expect(within.filter((one) => one === 'pong:in')).toHaveLength(900)
    while (house.logged('"reason":"flood"') < before + 2) await Bun.sleep(5)
    await house.unharmed()
  },
)

test.each(titled(wires))(
  'a flood of good commands is refused where refusals are told, then cut, on crash after twenty of them: %s',
  async (_, wire) => {
    const before = house.logged('"reason":"flood"')
    const command = frame(op.text, wire.harmless)
    const end = wire.system === 'crash' ? 'close:4429' : 'pong'
    const told = [wire.answer && 'answer', wire.bad && 'RATE_LIMITED'].filter(Boolean) as string[]
    const { socket, kinds } = await pourer(wire, [...times(200, command), frame(op.ping, 'end')])
    await socket.until(() => socket.gone || kinds().includes(end), 'end')
    expect(kinds()).toEqual([...told, end])
    socket.reset()
    expectCut(await flood(wire, times(1_500, command)), told)
    while (house.logged('"reason":"flood"') === before) await Bun.sleep(5)
    await house.unharmed()
  },
)

test.each(titled(oneEach))(
  'a flood of large frames is cut before it is read: %s',
  async (_, wire) => {
    const large = frame(op.text, wire.padded(500_000))
    const kinds = await flood(wire, times(80, large))
    expectCut(kinds, ['answer', 'RATE_LIMITED'])
    await house.unharmed()
  },
)

test('a flood of subscriptions of one user meets its rate, and no more topics than the limit are listened to', async () => {
  const wire = wires.find(({ at }) => at === '/jive/ws')!
  const families = Array.from({ length: 126 }, (_, index) => `f${index}`)
  const full = await comeIn(house, wire, { families })
  const ask = (topic: string) =>
    frame(op.text, JSON.stringify({ command: 'Subscribe', data: { topic, ack: true } }))
  const token = await house.token('jive', 'owner', { families: ['f0'] })
  const body = { family_id: 'f0', name: 'Household' }
  const { id } = await house.call('POST', '/api/v1/accounts', body, token)
  full.socket.send(ask('global'), ask('global'), ask(`account:${id}`), ask('family:f1'))
  const outcome = await full.outcome()
  const subscribed = (topic: string) => `{"type":"Subscribed","data":{"topic":"${topic}"}}`
  expect(outcome).toEqual([
    subscribed('global'),
    subscribed('global'),
    'TOO_MANY_SUBSCRIPTIONS',
    subscribed('family:f1'),
  ])
  const before = full.heard().length
  full.socket.send(...times(200, ask('global')))
  await full.socket.until(() => full.heard().length === before + 200, 'answer to each')
  const rest = full.heard().slice(before)
  const told = rest.map((one) => (one === subscribed('global') ? 'in' : wire.codeOf(one)))
  expect(new Set(told)).toEqual(new Set(['in', 'RATE_LIMITED']))
  full.socket.reset()
  await expect(comeIn(house, wire, { families: [...families, 'one', 'more'] })).rejects.toThrow(
    '429',
  )
  await house.unharmed()
})

test('handshakes that never end keep nobody out, and those who hang up in theirs are forgotten', async () => {
  const heads = wires.slice(0, 4).map(({ system }) => handshakeOf(`/${system}/ws`))
  const beginnings = ['', 'G', 'GET /jive/ws HTTP/1.1\r\n', ...heads.map((one) => one.slice(0, -2))]
  const waiting = await Promise.all(
    Array.from({ length: 2_000 }, (_, index) =>
      plain(house.url(), beginnings[index % beginnings.length]!),
    ),
  )
  await house.unharmed()
  for (const wire of wires) expect(await tried(house, wire, [])).toEqual([])
  expect(waiting.filter(({ gone, status }) => gone || status > 0)).toEqual([])
  for (const socket of waiting) socket.reset()
  await house.unharmed()
})

test('hundreds who are torn off in the middle of a frame, a command or a handshake leave nothing behind', async () => {
  const before = await house.metric('connections{')
  const torn = async (wire: Wire, index: number) => {
    const { url, path } = await wire.enter(house)
    const socket = await plain(url, handshakeOf(path))
    if (index % 3 > 0) {
      await socket.until(() => socket.status > 0, 'answer')
      socket.send(frame(op.text, wire.harmless))
      socket.send(frame(op.text, wire.padded(10_000)).subarray(0, index * 7))
    }
    socket.reset()
  }
  for (const wire of wires) {
    await Promise.all(Array.from({ length: 40 }, (_, index) => torn(wire, index)))
  }
  while ((await house.metric('connections{')) > before) await Bun.sleep(20)
  await house.unharmed()
})

test('who sends and never reads is as any other, and one of them holds nobody up', async () => {
  const guests: Guest[] = []
  for (const wire of wires) {
    const one = await comeIn(house, wire)
    one.socket.pause()
    one.socket.send(...times(90, frame(op.text, wire.harmless)))
    guests.push(one)
  }
  await house.unharmed()
  for (const { socket } of guests) socket.reset()
})
