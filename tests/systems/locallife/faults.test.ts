import { expect, test } from 'bun:test'
import { Refusal } from '../../../src/core/errors.ts'
import { createLog } from '../../../src/core/log.ts'
import type { Thread } from '../../../src/storage/sqlite/procedure.ts'
import { allSystems, type Plug } from '../../../src/systems.ts'
import { gatherAcknowledgements } from '../../../src/systems/locallife/acknowledgements.ts'
import { fakeClock } from '../../clock.ts'
import { acknowledge, notes, received, titles, town } from './scenario.ts'

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

test('at most 20,000 acknowledgements wait for a store that does not answer, and what is no id waits never', async () => {
  const kept: (readonly [string, string])[] = []
  const store = Promise.withResolvers<void>()
  const log = createLog({ level: 'error', format: 'json', clock: fakeClock(), write: () => {} })
  const inbox = {
    async acknowledge(acks: readonly (readonly [string, string])[]) {
      await store.promise
      kept.push(...acks)
    },
  }
  const acknowledgements = gatherAcknowledgements(inbox, log)
  acknowledgements.take('mia', 'unique-id')
  for (let id = 1; id <= 30_000; id++) acknowledgements.take('mia', String(id))
  store.resolve()
  await acknowledgements.flushed()
  expect(kept.length).toBe(20_001)
  expect(kept.map(([, id]) => Number(id))).toEqual(kept.map((_, index) => index + 1))
  acknowledgements.take('mia', '30001')
  await acknowledgements.flushed()
  expect(kept.at(-1)).toEqual(['mia', '30001'])
})
