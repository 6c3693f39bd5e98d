import { expect, test } from 'bun:test'
import { Refusal } from '../../../src/core/errors.ts'
import { createLog } from '../../../src/core/log.ts'
import type { Thread } from '../../../src/storage/sqlite/procedure.ts'
import { allSystems, type Plug } from '../../../src/systems.ts'
import { gatherAcknowledgements } from '../../../src/systems/locallife/acknowledgements.ts'
import { fakeClock } from '../../clock.ts'
import { acknowledge, metric, notes, received, titles, town } from './scenario.ts'

/** A server whose store fails the named procedures while `broken` says so. */
function faulty(names: readonly string[]): { plug: Plug; broken: boolean } {
  const self = {
    broken: false,
    plug: ((host, thread, config) => {
      const failing: Thread = {
        ...thread,
        write: (name, args) =>
          self.broken && names.includes(name)
            ? Promise.reject(new Refusal('STORE_UNAVAILABLE', 'The disk is full'))
            : thread.write(name, args),
      }
      return allSystems(host, failing, config)
    }) as Plug,
  }
  return self
}

test('while nothing can be written, who connects is told what waits all the same', async () => {
  const fault = faulty(['locallife.arrived'])
  await using place = await town({}, fault)
  await place.merchant('m1', ['mia'])
  await notes(place, 3)
  fault.broken = true
  expect(await titles(await place.connect('mia'))).toEqual(['1', '2', '3'])
  expect(await titles(await place.connect('mia', '&last_sequence=2'))).toEqual(['3'])
  expect(place.server.logged.join('\n')).toContain('arrival not kept')
  fault.broken = false
  expect(await titles(await place.connect('mia'))).toEqual(['1', '2', '3'])
})

test('an acknowledgement that cannot be written is lost with a line in the log, its notice told again', async () => {
  const fault = faulty(['locallife.acknowledge'])
  await using place = await town({}, fault)
  await place.merchant('m1', ['mia'])
  const client = await place.connect('mia')
  const id = await place.note('merchant:m1', 'order')
  expect(await titles(client)).toEqual(['order'])
  fault.broken = true
  await acknowledge(client, id)
  expect(await received(client)).toEqual([])
  await place.pass(100)
  fault.broken = false
  expect(place.server.logged.join('\n')).toContain('acknowledgements lost')
  await place.pass(10_000)
  expect(await titles(client)).toEqual(['order'])
  await acknowledge(client, id)
  await received(client)
  await place.pass(10_000)
  expect(await received(client)).toEqual([])
})

test('a second that cannot write is told in the log, and the next one does its work', async () => {
  const fault = faulty(['locallife.retell'])
  await using place = await town({}, fault)
  await place.merchant('m1', ['mia'])
  const client = await place.connect('mia')
  await place.note('merchant:m1', 'order')
  expect(await titles(client)).toEqual(['order'])
  fault.broken = true
  await place.pass(10_000)
  expect(await received(client)).toEqual([])
  expect(place.server.logged.join('\n')).toContain('redelivery failed')
  fault.broken = false
  await place.pass(1_000)
  expect(await titles(client)).toEqual(['order'])
})

/** A store that keeps acknowledgements once it is let, and how many came in each write. */
function slowInbox() {
  const clock = fakeClock()
  const log = createLog({ level: 'error', format: 'json', clock, write: () => {} })
  const gate = Promise.withResolvers<void>()
  const kept: (readonly [string, string])[] = []
  const writes: number[] = []
  const inbox = {
    async acknowledge(acks: readonly (readonly [string, string])[]) {
      await gate.promise
      writes.push(acks.length)
      kept.push(...acks)
    },
  }
  const gathering = gatherAcknowledgements({ inbox, clock, log })
  return { clock, kept, writes, open: gate.resolve, ...gathering }
}

test('at most 20,000 acknowledgements wait for a store that does not answer, and what is no id waits never', async () => {
  const { take, flushed, open, kept } = slowInbox()
  take('mia', 'unique-id')
  for (let id = 1; id <= 30_000; id++) take('mia', String(id))
  open()
  await flushed()
  // The first 500 were on their way when the others came.
  expect(kept.length).toBe(20_500)
  expect(kept.map(([, id]) => Number(id))).toEqual(kept.map((_, index) => index + 1))
  take('mia', '30001')
  await flushed()
  expect(kept.at(-1)).toEqual(['mia', '30001'])
})

test('acknowledgements at an even rate wait a tenth of a second for each other, so that none costs a commit', async () => {
  const { clock, take, flushed, open, writes } = slowInbox()
  open()
  for (let id = 1; id <= 100; id++) {
    take('mia', String(id))
    clock.advance(10)
    await Promise.resolve()
  }
  await flushed()
  expect(writes.reduce((sum, count) => sum + count)).toBe(100)
  expect(writes.length).toBeLessThanOrEqual(10)
  take('mia', '101')
  clock.advance(99)
  expect(writes.length).toBeLessThanOrEqual(10)
  clock.advance(1)
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  expect(writes.at(-1)).toBe(1)
})

test('L12: what was acknowledged right before a client comes back is not told to it', async () => {
  await using place = await town()
  await place.merchant('m1', ['mia'])
  for (let round = 0; round < 5; round++) {
    const client = await place.connect('mia')
    expect(await received(client)).toEqual([])
    const id = await place.note('merchant:m1', 'order')
    expect(await titles(client)).toEqual(['order'])
    await acknowledge(client, id)
    await received(client)
    client.socket.terminate()
  }
})

test('L12: what is recorded while a round of telling again goes on is not told again by it', async () => {
  const fault = meanwhile('locallife.retell')
  await using place = await town({}, fault)
  const users = ['a', 'b', 'c']
  await place.merchant('m1', users)
  await place.merchant('m2', ['mia'])
  const others = await Promise.all(users.map((user) => place.connect(user)))
  const client = await place.connect('mia')
  await notes(place, 200)
  for (const one of others) expect((await received(one)).length).toBe(200)
  fault.run = async () => {
    place.server.clock.jump(60)
    await place.note('merchant:m2', 'fresh')
  }
  await place.pass(10_000)
  await place.server.settled(() => others.every(({ frames }) => frames.length === 200))
  expect(await titles(client)).toEqual(['fresh'])
  expect(await metric(place, 'redelivered_total')).toBe(600)
})

/** A server that does something of ours before the named procedure is first called. */
function meanwhile(name: string): { plug: Plug; run: (() => Promise<void>) | null } {
  const self = {
    run: null as (() => Promise<void>) | null,
    plug: ((host, thread, config) => {
      const interrupted: Thread = {
        ...thread,
        async write<Result>(called: string, args: object) {
          const { run } = self
          if (called === name && run !== null) {
            self.run = null
            await run()
          }
          return thread.write<Result>(called, args)
        },
      }
      return allSystems(host, interrupted, config)
    }) as Plug,
  }
  return self
}
