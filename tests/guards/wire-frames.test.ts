import { afterAll, beforeAll, expect, test } from 'bun:test'
import { frame, handshakeOf, op } from '../hostile/raw.ts'
import { openHouse, type House } from './house.ts'
import { closeWith, plain, type Plain } from './socket.ts'
import { violations } from './violations.ts'
import { comeIn, guest, oneEach, titled, tried, tryAll, wires } from './wires.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

test.each(titled(wires))(
  'what RFC 6455 forbids ends the one connection alone, with the code of its fault: %s',
  async (_, wire) => {
    const cases = violations(wire.harmless, wire.maxFrame)
    const outcomes = await tryAll(cases, async ({ bytes }) =>
      // What was whole before it may have had its answer.
      (await tried(house, wire, bytes)).slice(-1),
    )
    const expected = cases.map(({ what, code, lenient }) => [
      what,
      lenient && wire.lenient ? '' : `close:${code}`,
    ])
    expect(outcomes).toEqual(Object.fromEntries(expected))
    await house.unharmed()
  },
)

/** A frame cut into so many fragments; `between` goes in front of each but the first. */
function fragments(text: string, count: number, between: readonly Uint8Array[] = []): Uint8Array[] {
  const bytes = Buffer.from(text)
  const size = Math.ceil(bytes.length / count)
  return Array.from({ length: count }, (_, index) => {
    const part = bytes.subarray(index * size, (index + 1) * size)
    const one = frame(index === 0 ? op.text : op.more, part, { fin: index === count - 1 })
    return index === 0 ? one : [...between, one]
  }).flat() as Uint8Array[]
}

/** What is allowed, however odd it is; each is heard as if it had come at once. */
const odd: readonly { readonly what: string; bytes(text: string): readonly Uint8Array[] }[] = [
  { what: 'in a thousand fragments, most of them empty', bytes: (text) => fragments(text, 1_000) },
  {
    what: 'with pings and pongs between its letters',
    bytes: (text) => fragments(text, text.length, [frame(op.ping, 'in'), frame(op.pong)]),
  },
  { what: 'with a length in eight bytes', bytes: (text) => [longHeaded(text, 8)] },
  { what: 'with a length in two bytes', bytes: (text) => [longHeaded(text, 2)] },
]

/** A frame that tells its length in more bytes than it needs. */
function longHeaded(text: string, width: 2 | 8): Uint8Array {
  const short = Buffer.from(frame(op.text, text))
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(Buffer.byteLength(text)))
  const field = width === 2 ? 0x80 | 126 : 0x80 | 127
  const head = Buffer.from([short[0] ?? 0, field])
  return Buffer.concat([head, length.subarray(8 - width), short.subarray(2)])
}

test.each(titled(wires))('how a frame is cut makes no difference: %s', async (_, wire) => {
  const outcomes = await tryAll(odd, async ({ bytes }) => {
    const one = await comeIn(house, wire)
    one.socket.send(...bytes(wire.harmless))
    const outcome = await one.outcome(1)
    one.socket.reset()
    return outcome.filter((said) => said !== 'pong:in')
  })
  expect(outcomes).toEqual(Object.fromEntries(odd.map(({ what }) => [what, ''])))
  await house.unharmed()
})

test.each(titled(wires))(
  'a client whose every byte comes alone is served as any other: %s',
  async (_, wire) => {
    const { url, path } = await wire.enter(house)
    const head = handshakeOf(path)
    const socket = await plain(url, head.slice(0, 1))
    for (const letter of head.slice(1)) await dribble(socket, Buffer.from(letter))
    await socket.until(() => socket.status > 0, 'answer to the handshake')
    for (const byte of frame(op.text, wire.harmless)) await dribble(socket, new Uint8Array([byte]))
    expect(await guest(wire, socket).outcome(1)).toEqual([])
    socket.reset()
    await house.unharmed()
  },
)

/** A packet of its own. */
async function dribble(socket: Plain, byte: Uint8Array): Promise<void> {
  socket.send(byte)
  await new Promise((resolve) => setImmediate(resolve))
}

test.each(titled(wires))(
  'the largest frame is read, also while others are in the middle of theirs: %s',
  async (_, wire) => {
    const whole = frame(op.text, wire.padded(wire.maxFrame))
    const begun = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const one = await comeIn(house, wire)
        one.socket.send(whole.subarray(0, 500_000))
        return one
      }),
    )
    const last = await comeIn(house, wire)
    last.socket.send(whole)
    expect(await last.outcome(wire.lenient ? 0 : 1)).toEqual([])
    last.socket.reset()
    for (const { socket } of begun) socket.reset()
    await house.unharmed()
  },
)

test.each(titled(wires))(
  'who does not wait for the answer to its handshake is served or ended, and nothing of it is left: %s',
  async (_, wire) => {
    const before = await house.metric('connections{')
    const { url, path } = await wire.enter(house)
    const socket = await plain(url, handshakeOf(path))
    const outcome = await guest(wire, socket).outcome()
    expect([[], ['gone']]).toContainEqual([...outcome])
    socket.reset()
    while ((await house.metric('connections{')) > before) await Bun.sleep(5)
    await house.unharmed()
  },
)

test('a close is answered with its own code, and with none when it has none', async () => {
  const codes = [1000, 1001, 1002, 1003, 1007, 1009, 1011, 1013, 3000, 4400, 4999]
  for (const wire of oneEach) {
    const outcomes = await tryAll(
      codes.map((code) => ({ what: String(code), code })),
      ({ code }) => tried(house, wire, [frame(op.close, closeWith(code)), frame(op.text, 'late')]),
    )
    const same = codes.map((code) => [String(code), `close:${code}`])
    expect({ [wire.system]: outcomes }).toEqual({ [wire.system]: Object.fromEntries(same) })
  }
  await house.unharmed()
})

test('who says that nothing more will come, or breaks off anywhere, is gone and forgotten', async () => {
  const half = frame(op.text, 'x'.repeat(1_000)).subarray(0, 500)
  for (const wire of wires) {
    const [finished, middle, torn] = await Promise.all([1, 2, 3].map(() => comeIn(house, wire)))
    finished!.socket.finish()
    middle!.socket.send(half)
    middle!.socket.finish()
    torn!.socket.send(half)
    torn!.socket.reset()
    await finished!.socket.until(() => finished!.socket.gone, 'end after a FIN')
    await middle!.socket.until(() => middle!.socket.gone, 'end after a FIN inside a frame')
  }
  // Those of the bystanders are left.
  while ((await house.metric('connections{')) > 5) await Bun.sleep(20)
  await house.unharmed()
})
