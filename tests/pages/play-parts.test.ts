import { describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import { told } from '../../src/documents.ts'
import { createLog, most } from '../../src/pages/play/frames.ts'
import { freshId, hinted, nameOf, wireOf } from '../../src/pages/play/wire.ts'
import { jsonOf, type Schema } from '../../src/pages/common/draft.ts'
import { draftOf, whole } from '../../src/pages/common/prefill.ts'
import type { EventType } from '../../src/system.ts'
import { events as dcs } from '../../src/systems/dcs/events.ts'
import { events as jive, literalNumbers } from '../../src/systems/jive/channels.ts'
import { events as locallife } from '../../src/systems/locallife/channels.ts'

const { wires, publishes } = told()
const events: Readonly<Record<string, Readonly<Record<string, EventType>>>> = {
  dcs,
  jive,
  locallife,
}

/** What a form makes of a value. */
function through(schema: Schema, value: unknown): unknown {
  return JSON.parse(jsonOf(schema, draftOf(schema, value))!)
}

describe('a form that begins with an example says what the example says', () => {
  for (const [system, { messages, schemas }] of Object.entries(wires)) {
    const { commands, samples } = wireOf({ components: { messages, schemas } } as never)
    test(`for every command of ${system}, so that what is sent is what was read`, () => {
      expect(commands.length).toBeGreaterThan(0)
      for (const { name, bare, schema, examples } of commands) {
        for (const example of bare ? [] : examples) {
          const made = through(schema, example)
          // Members that no schema names are ignored by the server and by the form.
          expect([name, example]).toMatchObject([name, made as object])
          expect([name, missing(schema, made)]).toEqual([name, []])
        }
      }
    })
    test(`for every event that is published to ${system}`, () => {
      for (const [type, schema] of Object.entries(publishes[system] ?? {})) {
        const made = through(whole(schema, {}), samples[type])
        // Money may be told as text, which keeps its digits.
        const sample = JSON.parse(JSON.stringify(samples[type]), (key, value) =>
          literalNumbers.includes(key) ? String(value) : value,
        )
        expect([type, sample]).toMatchObject([type, made as object])
        const event = events[system]![type]!
        expect([type, v.safeParse(event.schema, made).success]).toEqual([type, true])
      }
    })
  }
})

/** Required members at the top that are not there. */
function missing(schema: Schema, value: unknown): readonly unknown[] {
  const required = (schema['required'] ?? []) as readonly string[]
  return required.filter((name) => (value as Record<string, unknown>)[name] === undefined)
}

test('an optional part in which nothing was put is left out, though it must have members where it is', () => {
  const { messages, schemas } = wires['crash']!
  const bet = whole(messages['client.PLACE_BET']!.payload, schemas)
  const example = {
    i: '1',
    t: 'PLACE_BET',
    p: { crash: { slots: [{ slotId: 3, amount: '5.00' }] } },
  }
  expect(through(bet, example)).toEqual(example)
})

test('the options of a choice have names that tell them apart', () => {
  const { messages, schemas } = wires['jive']!
  const asked = whole(messages['client.Request']!.payload, schemas)
  const { data } = asked['properties'] as Record<string, Schema>
  const titles = (data!['oneOf'] as Schema[]).map(({ title }) => title)
  expect(titles).toEqual(['account_balance', 'accounts', 'transactions', 'history'])
})

test('values of this server take the places of those in examples, by the names of fields', () => {
  const example = { data: { account_id: 'x', limit: 50, list: [{ account_id: 'y' }] } }
  const known = { data: { account_id: 'a1', limit: 50, list: [{ account_id: 'a1' }] } }
  expect(hinted(example, { account_id: 'a1', limit: 'no' })).toEqual(known)
})

test('frames are called by their type, and bare words by themselves', () => {
  const names = ['{"type":"Pong"}', '{"t":"PONG","i":"1"}', '{"command":"Ping"}', '{"code":-1}']
  expect(names.map(nameOf)).toEqual(['Pong', 'PONG', 'Ping', 'code -1'])
  expect(['ping', '0', '[1]', 'x'.repeat(50)].map(nameOf)).toEqual([
    'ping',
    '0',
    '[1]',
    'x'.repeat(24),
  ])
  expect(freshId()).not.toBe(freshId())
})

test('the newest 500 frames are kept, and a burst is drawn once', () => {
  const pictures: (() => void)[] = []
  let drawn = 0
  const log = createLog((run) => pictures.push(run))
  const stop = log.kept.listen(() => void drawn++)
  for (let count = 0; count < most + 20; count++) log.add('in', `frame ${count} ü`)
  expect([log.frames.length, log.count, pictures.length, drawn]).toEqual([500, 520, 1, 0])
  expect([log.frames[0]!.text, log.frames.at(-1)!.text]).toEqual(['frame 519 ü', 'frame 20 ü'])
  expect(log.frames[0]!.bytes).toBe(12)
  pictures.shift()!()
  expect(drawn).toBe(1)
  log.clear()
  pictures.shift()!()
  expect([log.frames.length, log.count, drawn]).toEqual([0, 0, 2])
  stop()
  log.add('note', 'closed')
  pictures.shift()!()
  expect(drawn).toBe(2)
})
