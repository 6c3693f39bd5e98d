import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createStampReader, stamped } from '../../src/bench/stamp.ts'

const encoder = new TextEncoder()

function read(frames: readonly string[]): number[] {
  const stampOf = createStampReader()
  return frames.map((frame) => {
    const bytes = encoder.encode(`head${frame}tail`)
    return stampOf(bytes, 4, bytes.length - 4)
  })
}

test('the stamp is found wherever the frame carries it, also after frames of another layout', () => {
  const title = `"title":"${stamped(1_795_215_680_558_123)}"`
  const frames = [`{"data":{${title}}}`, `{"data":{${title}}}`, `{"id":"7","data":{${title}}}`]
  expect(read(frames)).toEqual([
    1_795_215_680_558_123, 1_795_215_680_558_123, 1_795_215_680_558_123,
  ])
})

test('a stamp has no long row of decimal digits, since a server may mask what looks like a card number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1.6e15, max: 2.5e15 }), (micros) => {
      expect(stamped(micros)).not.toMatch(/[0-9]{13}/)
      expect(read([`"${stamped(micros)}"}`])).toEqual([micros])
    }),
  )
})

test('a frame without a stamp, or with half of one, has none', () => {
  expect(read(['{"type":"Pong"}', '{"t":"@123"}', `{"t":"${stamped(5)}`, ''])).toEqual([
    -1, -1, -1, -1,
  ])
})
