import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../../../src/core/errors.ts'
import type { Message } from '../../../src/core/store.ts'
import { codec, frame } from '../../../src/systems/locallife/codec.ts'
import {
  alert,
  dispatched,
  newOrderForMerchant,
  newOrderForRiders,
  urged,
  type Event,
} from '../../../src/systems/locallife/events.ts'

const golden = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dir, 'golden', `${name}.json`), 'utf8'))
const at = Date.UTC(2023, 9, 27, 10, 0, 0, 999)

function told({ type, body }: Event): string {
  const message: Message = { id: '42', channel: 'locallife/user:u', version: 7, type, body, at }
  return codec.message(message, '') as string
}

/** A frame without what the samples lack: the id an acknowledgement needs, and the sequence (L10). */
function bare(text: string) {
  const { id, sequence, timestamp, data, ...rest } = JSON.parse(text)
  const { message_id, ...fields } = data
  return { ...rest, data: fields }
}

test.each([
  ['rider-push', newOrderForRiders],
  ['merchant-push', newOrderForMerchant],
])('L17: our notice reads as the sample %s to a client that knows no ids', (name, event) => {
  expect(bare(told(event))).toEqual(golden(name))
})

test('L9, L10: a frame is the sample with id, sequence and message_id, its time in UTC and whole seconds', () => {
  expect(told({ type: 'notification', body: '{"title":"t"}' })).toBe(
    '{"type":"notification","id":"42","sequence":7,"data":{"title":"t","message_id":"42"},"timestamp":"2023-10-27T10:00:00Z"}',
  )
  const sample = golden('base')
  const empty = JSON.parse(told({ type: sample.type, body: '{}' }))
  expect(empty).toEqual({ ...sample, id: '42', sequence: 7, data: { message_id: '42' } })
})

test('L9: what is in no inbox has the same three fields', () => {
  expect(JSON.parse(frame('notification', {}, at))).toEqual(golden('base'))
  expect(codec.refusal(new Refusal('FORBIDDEN', 'No "access"'), null, at)).toBe(
    '{"type":"error","data":{"code":"FORBIDDEN","message":"No \\"access\\""},"timestamp":"2023-10-27T10:00:00Z"}',
  )
})

test('L11: the sample of an acknowledgement is read as the command it shows', () => {
  const sample = golden('ack')
  expect(codec.decode(JSON.stringify(sample))).toEqual({ id: null, name: 'ack', data: sample })
})

test.each(['', 'x', '1', 'null', '[]', '{}', '{"type":1}', '{"data":{"type":"ack"}}'])(
  'the frame %s is no command and refused as a bad one',
  (text) => {
    expect(() => codec.decode(text)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }))
  },
)

test('whatever JSON a client sends is a command by its type or refused as a bad frame, and nothing else', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const parsed = JSON.parse(text)
      const type = parsed !== null && typeof parsed === 'object' ? parsed.type : undefined
      if (typeof type === 'string') return expect(codec.decode(text).name).toBe(type)
      expect(() => codec.decode(text)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }))
    }),
    { numRuns: 500, seed: 1 },
  )
})

test('L10: any data leaves with its own fields and the id behind them', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
      const { message_id: _, ...fields } = data
      const frame = JSON.parse(told({ type: 'notification', body: JSON.stringify(fields) }))
      expect(JSON.stringify(frame.data)).toBe(JSON.stringify({ ...fields, message_id: '42' }))
    }),
    { numRuns: 500, seed: 1 },
  )
})

test('L18: urging, dispatching and alerts name the order and say how bad it is', () => {
  expect(JSON.parse(urged('W1').body)).toEqual({
    title: '催单通知',
    content: expect.stringContaining('W1'),
  })
  expect(JSON.parse(dispatched('W1').body)).toEqual({
    title: '派单通知',
    content: expect.stringContaining('W1'),
  })
  expect(bare(told(alert('支付超时', 'c', 'warning')))).toEqual({
    type: 'alert',
    data: { title: '支付超时', content: 'c', level: 'warning' },
  })
})
