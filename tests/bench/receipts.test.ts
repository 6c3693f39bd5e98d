import { expect, test } from 'bun:test'
import { newWalk, walk } from '../../src/bench/frames.ts'
import { newLink } from '../../src/bench/link.ts'
import { createReceipts } from '../../src/bench/receipts.ts'

const encoder = new TextEncoder()

/** A client with its receipts; `get` hands it a notice and tells whether it was new, `sent` are its frames as text. */
function client() {
  const sent: string[] = []
  const link = newLink('/')
  const socket = {
    write(frame: Uint8Array) {
      // A server's frames are not masked: without the bit and the mask of zeros this is one.
      const bare = new Uint8Array([frame[0]!, frame[1]! & 127, ...frame.subarray(6)])
      walk(newWalk(), bare, (opcode, bytes, start, end) => {
        sent.push(`${opcode} ${Buffer.from(bytes.subarray(start, end)).toString()}`)
      })
    },
  }
  link.socket = socket as never
  const receipts = createReceipts()
  const get = (id: string, age = 0) => {
    const bytes = encoder.encode(
      `head{"type":"notification","id":"${id}","sequence":7,"data":{"message_id":"${id}"}}tail`,
    )
    return receipts.take(link, bytes, 4, bytes.length - 4, age)
  }
  return { receipts, sent, get }
}

test('each notice is acknowledged by its own id in a frame that a server takes (L11)', () => {
  const { receipts, sent, get } = client()
  receipts.acknowledge(true)
  expect([get('7'), get('123456789')]).toEqual([true, true])
  expect(sent).toEqual([
    '1 {"type":"ack","data":{"message_id":"7"}}',
    '1 {"type":"ack","data":{"message_id":"123456789"}}',
  ])
  expect(receipts.repeats()).toMatchObject({ sent: 2, doubled: 0, ages: { max: 0 } })
})

test('what comes again is told apart: owed when it was not acknowledged, a fault when it was (L12)', () => {
  const { receipts, sent, get } = client()
  expect([get('5'), get('6'), get('5', 10_500)]).toEqual([true, true, false])
  expect(sent).toEqual([])
  expect(receipts.repeats()).toMatchObject({ sent: 0, doubled: 0, ages: { max: 10_500 } })
  receipts.acknowledge(true)
  expect([get('5', 20_500), get('5', 30_500), get('6', 20_500)]).toEqual([false, false, false])
  expect(receipts.repeats()).toMatchObject({ sent: 3, doubled: 1, ages: { max: 20_500 } })
})

test('counts begin anew while what was received and acknowledged stays known', () => {
  const { receipts, get } = client()
  receipts.acknowledge(true)
  get('5')
  receipts.acknowledge(false)
  receipts.begin()
  expect([get('5'), get('6')]).toEqual([false, true])
  expect(receipts.repeats()).toMatchObject({ sent: 0, doubled: 1, ages: { buckets: [] } })
})

test('a frame without an id stops the bench, since it could count nothing', () => {
  const { receipts } = client()
  const bytes = encoder.encode('{"type":"notification","data":{}}')
  expect(() => receipts.take(newLink('/'), bytes, 0, bytes.length, 0)).toThrow('no id')
})
