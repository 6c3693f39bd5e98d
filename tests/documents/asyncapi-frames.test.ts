import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Glob } from 'bun'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { record, type Crossed } from './recorder.ts'
import { walks } from './walks.ts'
import type { Side } from '../../src/documents/told-wire.ts'
import { documented, type Documented } from './wires.ts'

const sides: readonly Side[] = ['client', 'server']
let all: ReadonlyMap<string, Documented>
let crossed: Crossed[] = []
let stop = () => {}
beforeAll(async () => {
  all = await documented()
  stop = record((one) => crossed.push(one))
})
afterAll(() => stop())

/** The samples of the original's texts that are frames, by the name of the file. */
function samples(system: string): [name: string, text: string][] {
  const folder = join(import.meta.dir, '../systems', system, 'golden')
  return [...new Glob('*.json').scanSync(folder)]
    .filter((file) => !noFrames.has(`${system}/${file}`))
    .map((file) => [file, readFileSync(join(folder, file), 'utf8')])
}

/** Bodies of HTTP. */
const noFrames = new Set([
  'dcs/get-channel.json',
  'dcs/signature.json',
  'jive/create-transaction.json',
])

/** What the samples leave out and clients get: each row of docs/systems that adds a field. */
const added: Readonly<Record<string, object>> = {
  'crash/error.json': { p: { details: { httpStatus: 400 } } },
  'crash/crash-round-end.json': {
    p: { hash: null, roundIndex: null, winners: [{ slotId: 1 }], losers: [{ slotId: 1 }] },
  },
  'crash/get-state-response.json': { p: { players: [{ bets: [{ slotId: 1 }] }] } },
  'locallife/base.json': { ...notice(), data: { title: 't', content: 'c', message_id: '1' } },
  'locallife/rider-push.json': notice(),
  'locallife/merchant-push.json': notice(),
}

function notice() {
  return { id: '1', sequence: 1, data: { message_id: '1' }, timestamp: '2023-10-27T10:00:00Z' }
}

function merged(value: any, more: any): any {
  if (typeof more !== 'object' || more === null) return more
  const keys = [...Object.keys(value ?? {}), ...Object.keys(more)]
  const whole = Object.fromEntries(
    keys.map((key) => [key, key in more ? merged(value?.[key], more[key]) : value[key]]),
  )
  return Array.isArray(more) ? Object.values(whole) : whole
}

describe.each(Object.keys(walks))('the frames of %s', (name) => {
  const own = () => all.get(name)!

  test('in the samples of the original fit the documented messages, with the fields that were added', () => {
    const fits = samples(name).map(([file, text]) => {
      const frame = JSON.stringify(merged(JSON.parse(text), added[`${name}/${file}`] ?? {}))
      const found = sides.flatMap((side) => own().fitting(side, frame))
      return `${file} ${found.filter((one) => one !== 'ignored').length}`
    })
    expect(fits.length).toBeGreaterThan(2)
    expect(fits).toEqual(samples(name).map(([file]) => `${file} 1`))
  })

  test('that cross the wire of a running server fit one message each, and every message is seen; what refuses has a code that the document explains', async () => {
    crossed = []
    await walks[name]!()
    const { fitting, wire } = own()
    for (const side of sides) {
      const frames = crossed.filter((one) => one.system === name && one.side === side)
      const fits = frames.map(({ frame }) => ({ frame, fits: fitting(side, frame) }))
      const strange = fits.filter((one) =>
        side === 'server' ? one.fits.length !== 1 : one.fits.length === 0,
      )
      expect(strange).toEqual([])
      const seen = new Set(fits.flatMap((one) => one.fits))
      expect([...seen].sort()).toEqual(Object.keys(wire[side]).sort())
    }
    const codes = crossed.flatMap(({ frame }) => /"code":"([A-Z_]+)"/.exec(frame)?.[1] ?? [])
    expect(codes.length > 0).toBe(wire.refusal !== null)
    expect(Object.keys(wire.refusal?.codes ?? {})).toEqual(expect.arrayContaining(codes))
  })
})

test('a frame that nobody described is found, so that the walks hold something', () => {
  const { fitting } = all.get('crash')!
  const example = all.get('crash')!.wire.server['CRASH_PHASE_CHANGE']!.examples[0] as any
  expect(fitting('server', JSON.stringify(example))).toEqual(['CRASH_PHASE_CHANGE'])
  expect(fitting('server', JSON.stringify({ ...example, t: 'CRASH_TICK' }))).toEqual([])
  const more = { ...example, p: { ...example.p, more: 1 } }
  expect(fitting('server', JSON.stringify(more))).toEqual([])
})
