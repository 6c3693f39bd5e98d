import { afterAll, beforeAll, expect, test } from 'bun:test'
import { frame, op } from '../hostile/raw.ts'
import { openHouse, type House } from './house.ts'
import { comeIn, oneEach, titled, tried, tryAll, wires } from './wires.ts'
import { bent, noCommands, noFrames } from './words.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

test.each(titled(wires))(
  'what is no frame is told so in the envelope of its wire, or ignored where nothing is answered, and the connection goes on: %s',
  async (_, wire) => {
    const cases = [...noFrames, ...bent(wire)]
    const outcomes = await tryAll(cases, ({ text }) => tried(house, wire, [frame(op.text, text)]))
    expect(outcomes).toEqual(Object.fromEntries(cases.map(({ what }) => [what, wire.bad ?? ''])))
    await house.unharmed()
  },
)

test.each(titled(wires))(
  'a command nobody knows is told so in few words, whatever its name is, and is no label of a metric: %s',
  async (_, wire) => {
    const cases = noCommands.map((name) => ({ what: JSON.stringify(name), name }))
    const lengths: number[] = []
    const outcomes = await tryAll(cases, async ({ name }) => {
      const one = await comeIn(house, wire)
      one.socket.send(frame(op.text, wire.named(name)))
      const outcome = await one.outcome()
      lengths.push(...one.heard().map(({ length }) => length))
      one.socket.reset()
      return outcome
    })
    expect(outcomes).toEqual(
      Object.fromEntries(cases.map(({ what }) => [what, wire.unknown ?? ''])),
    )
    expect(Math.max(...lengths)).toBeLessThan(600)
    await house.unharmed()
  },
)

test.each(titled(oneEach.filter(({ bad }) => bad !== null)))(
  'the tenth bad frame within a minute ends the connection: %s',
  async (_, wire) => {
    const bytes = Array.from({ length: 10 }, () => frame(op.text, '{'))
    const outcome = await tried(house, wire, bytes)
    expect(outcome.at(-1)).toBe('close:4400')
    await house.unharmed()
  },
)

test.each(titled(oneEach.filter(({ bad }) => bad === null)))(
  'where nothing is answered, a hundred frames that mean nothing are as good as none: %s',
  async (_, wire) => {
    const bytes = Array.from({ length: 90 }, () => frame(op.text, '{'))
    expect(await tried(house, wire, bytes)).toEqual([])
    await house.unharmed()
  },
)
