import { afterAll, beforeAll, expect, test } from 'bun:test'
import { frame, op } from '../hostile/raw.ts'
import { crashBets, crashFields, jiveFields, locallifeFields, type Fields } from './fields.ts'
import { documentedOf } from './documented.ts'
import { openHouse, type House } from './house.ts'
import { comeIn, tryAll, wires, type Wire } from './wires.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

const wireAt = (start: string): Wire => wires.find(({ at }) => at.startsWith(start))!

const tables: readonly (readonly [what: string, wire: Wire, fields: readonly Fields[]])[] = [
  ['jive', wireAt('/jive/ws'), jiveFields],
  ['locallife', wireAt('/v1/ws'), locallifeFields],
  ['crash as a player', wireAt('/crash/ws'), [...crashFields, ...crashBets]],
  ['crash as a spectator', wireAt('/ws where crash'), crashFields],
]

test.each(tables)('every code below stands in the table of its page: %s', (_, wire, fields) => {
  const { codes, closes } = documentedOf(wire.system)
  const named = fields.flatMap(([, , outcome]) => String(outcome).match(/[A-Z][A-Z_]{5,}/g) ?? [])
  const answers = /^(SUBSCRIBE|UNSUBSCRIBE)_RESPONSE$/
  expect(named.filter((one) => !codes.has(one) && !answers.test(one))).toEqual([])
  expect(codes.size).toBeGreaterThan(5)
  expect(closes.size).toBeGreaterThan(5)
})

test.each(tables)(
  'every command with every field missing, of another kind and beyond its limits gets the code of its fault, in few words: %s',
  async (_, wire, fields) => {
    const cases = fields.flatMap(([text, values, outcome]) =>
      values.map((value) => ({
        what: `${text} ${value.slice(0, 40)} ${value.length}`,
        text: text.replace('$', () => value),
        outcome,
      })),
    )
    const tooMany: string[] = []
    const outcomes = await tryAll(cases, async ({ what, text, outcome }) => {
      const one = await comeIn(house, wire)
      one.socket.send(frame(op.text, text))
      const told = (await one.outcome()).join(' ')
      const refusals = one.heard().filter((said) => wire.codeOf(said) !== null)
      if (refusals.some(({ length }) => length > 1_000)) tooMany.push(what)
      one.socket.reset()
      const fits = typeof outcome !== 'string' && outcome.test(told)
      return [fits ? String(outcome) : told.slice(0, 500)]
    })
    expect(outcomes).toEqual(
      Object.fromEntries(cases.map(({ what, outcome }) => [what, String(outcome)])),
    )
    expect(tooMany).toEqual([])
    await house.unharmed()
  },
)
