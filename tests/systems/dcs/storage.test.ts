import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal, type ErrorCode } from '../../../src/core/errors.ts'
import { openSqlite, type Sqlite } from '../../../src/storage/sqlite/client.ts'
import { dcsPartners } from '../../../src/storage/sqlite/dcs.ts'
import { rememberedMs, type Partners, type Use } from '../../../src/systems/dcs/partners.ts'
import { fakeClock } from '../../clock.ts'

const dir = mkdtempSync(join(tmpdir(), 'fanfare-dcs-'))
const clock = fakeClock()
let sqlite: Sqlite
let partners: Partners
let db: Database

beforeAll(async () => {
  sqlite = await openSqlite({ dir, dev: false, clock })
  await sqlite.store.start(() => {})
  partners = dcsPartners(sqlite.thread)
  db = new Database(join(dir, 'fanfare.db'), { readonly: true })
})
afterAll(async () => {
  db.close()
  await sqlite.store.stop()
  rmSync(dir, { recursive: true })
})

let made = 0
/** A partner nobody else has, and signed requests of it that were never seen. */
async function newcomer() {
  const id = `p${++made}`
  const apiKey = `KEY${made}`
  await partners.create({ id, apiKey, createdAt: clock.now() }, 'secret', 'test')
  let nonce = 10_000
  const use = (at = clock.now()): Use => ({ apiKey, timestamp: at, nonce: nonce++, at })
  let count = 0
  /** Fetches a channel; answers what ended, by the number of the channel (1, 2, …). */
  const rotate = async (at: number, grace = 0, ttl = 1_000) => {
    const { ended, shortened } = await partners.rotate(use(at), {
      hash: hashOf(++count),
      ttl,
      grace,
    })
    return { ended: ended.map(numberOf), shortened: shortened.map(numberOf) }
  }
  const hashOf = (number: number) => `${id}#${number}`
  const numberOf = (hash: string) => Number(hash.split('#')[1])
  /** Which of its channels are alive. */
  const alive = async (at: number) => {
    const numbers = Array.from({ length: count }, (_, index) => index + 1)
    const found = await Promise.all(numbers.map((n) => partners.listening(hashOf(n), at)))
    return numbers.filter((_, index) => found[index]?.ended === false)
  }
  return { id, use, rotate, hashOf, alive }
}

async function refused(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refusal)
  expect((error as Refusal).code).toBe(code)
}

const rows = (table: string) =>
  db.query<{ count: number }, []>(`SELECT count(*) AS count FROM ${table}`).get()!.count

test('D7: of rotations at any times and with any grace, who is told to be alive is just who should be', async () => {
  const steps = fc.array(
    fc.record({ wait: fc.integer({ min: 0, max: 800 }), grace: fc.constantFrom(0, 0, 100, 500) }),
    { minLength: 1, maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { rotate, alive } = await newcomer()
      const ends: number[] = []
      let at = clock.now()
      for (const { wait, grace } of plan) {
        at += wait
        const before = ends.flatMap((end, index) => (end > at ? [index + 1] : []))
        const told = await rotate(at, grace)
        ends.forEach((end, index) => (ends[index] = Math.min(end, at + grace)))
        ends.push(at + 1_000)
        expect(grace === 0 ? told.ended : told.shortened).toEqual(before)
        expect(grace === 0 ? told.shortened : told.ended).toEqual([])
        for (const later of [at, at + 99, at + 100, at + 499, at + 500, at + 999, at + 1_000]) {
          const expected = ends.flatMap((end, index) => (end > later ? [index + 1] : []))
          expect(await alive(later)).toEqual(expected)
        }
      }
    }),
    { seed: 7, numRuns: 25 },
  )
})

test('D7: a rotation that is refused ends nothing', async () => {
  const { use, rotate, alive, hashOf } = await newcomer()
  await rotate(clock.now())
  const spent = use()
  await partners.spend(spent)
  const channel = { hash: hashOf(9), ttl: 1_000, grace: 0 }
  await refused(partners.rotate(spent, channel), 'DAPI_NONCE_USED')
  await refused(partners.rotate({ ...use(), apiKey: 'NOBODY' }, channel), 'DAPI_KEY_UNKNOWN')
  expect(await alive(clock.now())).toEqual([1])
  expect(await partners.listening(hashOf(9), clock.now())).toBeNull()
})

test('D9: a partner’s 1,000 newest channels are remembered; one that is pushed out while in its grace is told as ended', async () => {
  const { rotate, hashOf } = await newcomer()
  const at = clock.now()
  const day = 86_400_000
  const rotations = Array.from({ length: 1_001 }, () => rotate(at, day, day))
  const ended = (await Promise.all(rotations)).flatMap((told) => told.ended)
  expect(ended).toEqual([1])
  expect(await partners.listening(hashOf(1), at)).toBeNull()
  expect(await partners.listening(hashOf(2), at)).toMatchObject({ ended: false })
})

test('D9: what ended over 30 days ago is dropped as others are fetched, so that it does not pile up', async () => {
  const [first, second] = [await newcomer(), await newcomer()]
  const at = clock.now()
  for (let count = 0; count < 50; count++) await first.rotate(at)
  const before = rows('dcs_channel')
  await second.rotate(at + 1_000 + rememberedMs)
  expect(rows('dcs_channel')).toBeLessThanOrEqual(before - 50 + 1)
  expect(await first.alive(at)).toEqual([])
})

test('D21: spent nonces are dropped once their timestamp is long out of the window', async () => {
  const { use } = await newcomer()
  const at = clock.now() + 2 * rememberedMs
  for (let count = 0; count < 60; count++) await partners.spend(use(at))
  expect(rows('dcs_nonce')).toBeGreaterThanOrEqual(60)
  for (let count = 0; count < 3; count++) await partners.spend(use(at + 120_000))
  expect(rows('dcs_nonce')).toBe(3)
})

test('a partner that is removed while its call is under way is refused like one that never was', async () => {
  const { id, use } = await newcomer()
  const call = use()
  await partners.remove(id, { actor: 'test', at: clock.now() })
  await refused(partners.spend(call), 'DAPI_KEY_UNKNOWN')
  await refused(partners.remove(id, { actor: 'test', at: clock.now() }), 'NOT_FOUND')
  await refused(partners.renew(id, 'x', { actor: 'test', at: clock.now() }), 'NOT_FOUND')
  await refused(partners.find(id), 'NOT_FOUND')
  expect(await partners.known(id)).toBe(false)
})
