import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { LiveConnection, type Socket } from '../../src/core/connection.ts'
import { createGate } from '../../src/core/gate.ts'
import { join } from '../../src/core/join.ts'
import type { Message } from '../../src/core/store.ts'

/** Someone whose socket keeps everything until it is read. */
function slowReader() {
  const got: string[] = []
  let unread = 0
  let most = 0
  const protocol = { codec: { message: ({ body }: Message) => body } }
  const birth = { serial: 1, identity: {}, session: null, dialect: '', address: '' }
  const times = { openedAt: 0, heardAt: 0 }
  const connection = new LiveConnection({ ...birth, ...times, protocol: protocol as never })
  const socket: Pick<Socket, 'cork' | 'send' | 'getBufferedAmount'> = {
    cork: (write) => write(connection.socket!),
    send(frame) {
      got.push(String(frame))
      const bytes = Buffer.byteLength(String(frame))
      most = Math.max(most, (unread += bytes))
      return bytes
    },
    getBufferedAmount: () => unread,
  }
  connection.socket = socket as Socket
  return {
    connection,
    got,
    unread: () => unread,
    most: () => most,
    read(bytes: number) {
      unread = Math.max(0, unread - bytes)
      connection.roomy?.()
    },
  }
}

function messageOf(body: string, index: number): Message {
  return {
    id: String(index + 1),
    body,
    type: 'Said',
    channels: [],
    version: index + 1,
    at: 0,
  } as never
}

test('a replay never leaves as much unread as somebody is cut for, however large and in whatever letters its messages are', async () => {
  const maxBacklog = 64 * 1024
  const body = fc
    .tuple(fc.constantFrom('x', 'é', '汉', '🚲'), fc.integer({ min: 1, max: 8_000 }))
    .map(([letter, count]) => letter.repeat(count))
  const run = fc.asyncProperty(
    fc.array(body, { maxLength: 60 }),
    fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }),
    async (bodies, reads) => {
      const reader = slowReader()
      const all = bodies.map(messageOf)
      const page = (from: number) => {
        const messages = all.slice(from, from + 20)
        return Promise.resolve({ messages, more: from + 20 < all.length, gone: false } as never)
      }
      let over = false
      const joining = join(
        reader.connection,
        ['room:a'],
        { first: () => page(0), gone() {} },
        {
          enter: () => null,
          after: (_channels, id) => page(Number(id)),
          gate: createGate(1),
          maxBacklog,
        },
      ).then(() => (over = true))
      for (let turn = 0; !over; turn++) {
        // What is under way goes as far as it can before something is read.
        for (let steps = 0; steps < 50; steps++) await Promise.resolve()
        reader.read(reads[turn % reads.length]!)
      }
      await joining
      expect(reader.got).toEqual(bodies)
      expect(reader.most()).toBeLessThanOrEqual(maxBacklog / 2)
      expect(reader.unread()).toBeLessThanOrEqual(maxBacklog / 4)
    },
  )
  await fc.assert(run, { numRuns: 200 })
})
