import { expect, test } from 'bun:test'
import { leaveChains } from '../../../src/storage/sqlite/crash-chains.ts'
import { openLedgerBeside } from '../../../src/storage/sqlite/crash-open.ts'
import { createMetrics, type Metrics } from '../../../src/core/metrics.ts'
import type { Terms } from '../../../src/systems/crash/chains.ts'
import { saltSource, type SaltKind } from '../../../src/systems/crash/salt-source.ts'
import { createSalting, type Salting } from '../../../src/systems/crash/salts.ts'
import { house, terms, type House } from './house.ts'

const salt = '0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c'

interface Wish {
  readonly kind?: SaltKind
  readonly length?: number
  readonly terms?: Omit<Terms, 'saltSource'>
  readonly metrics?: Metrics
}

/** Salting over the books of a house, started. */
async function salted(books: House, wish: Wish = {}): Promise<Salting> {
  const { clock, log } = books
  const { metrics } = wish
  const source = saltSource(wish.kind ?? 'local', { url: 'http://127.0.0.1:1', clock })
  const salting = createSalting({
    ...{ chains: books.chains, clock, log, source },
    ...{ terms: wish.terms ?? terms, length: wish.length ?? 20 },
    ...(metrics && { metrics }),
  })
  await salting.start()
  return salting
}

/** Waits until something has happened; seconds pass where it takes them. */
async function until(books: House, ready: () => boolean): Promise<void> {
  const began = performance.now()
  while (!ready()) {
    if (performance.now() - began > 20_000) throw new Error('it did not happen')
    books.clock.advance(1_000)
    await Bun.sleep(1)
  }
}

/** Lets some seconds pass with all that happens in them. */
async function pass(books: House, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    books.clock.advance(1_000)
    await Bun.sleep(5)
  }
}

/** Plays rounds of whatever is to be played, as the game does. */
async function play(books: House, salting: Salting, rounds: number): Promise<number[]> {
  const played: number[] = []
  for (let round = 0; round < rounds; round++) {
    const chain = salting.playable()
    if (chain === null) throw new Error(`nothing to play: ${salting.idle()}`)
    await books.play(chain.id)
    salting.used(chain.id, chain.position + 1)
    played.push(chain.id)
  }
  return played
}

test('local: the first chain is committed and then salted by itself, and says that it is local', async () => {
  await using books = await house()
  const salting = await salted(books)
  await until(books, () => salting.playable() !== null)
  expect(salting.playable()).toMatchObject({ id: 1, length: 20, saltSource: 'local', position: 0 })
  expect(salting.playable()?.salt).toMatch(/^[0-9a-f]{64}$/)
  expect(salting.idle()).toBeNull()
  const events = books.logged.map((line) => JSON.parse(line).event ?? JSON.parse(line).msg)
  expect(events).toEqual(['chain committed', 'chain salted'])
  await salting.stop()
})

test('a chain is used on after a restart where it stopped, and none is committed beside it', async () => {
  const first = await house()
  const salting = await salted(first)
  await until(first, () => salting.playable() !== null)
  await play(first, salting, 3)
  await salting.stop()
  await using books = await first.reopened()
  const again = await salted(books)
  expect(again.playable()).toMatchObject({ id: 1, position: 3 })
  await pass(books, 3)
  expect(await books.chains.list()).toHaveLength(1)
  await again.stop()
})

test('the next chain is committed when nine tenths are used, and the old one is played to its end', async () => {
  await using books = await house()
  const metrics = createMetrics()
  const salting = await salted(books, { metrics })
  const left = () => Number(/rounds_left (\d+)$/m.exec(metrics.text())?.[1])
  expect(left()).toBe(0)
  await until(books, () => salting.playable() !== null)
  expect(left()).toBe(20)
  await play(books, salting, 17)
  expect(left()).toBe(3)
  await pass(books, 3)
  expect(await books.chains.list()).toHaveLength(1)
  await play(books, salting, 1)
  await until(books, () => salting.known()[0]?.id === 2 && salting.known()[0]?.salt !== null)
  expect(left()).toBe(2 + 20)
  expect(await play(books, salting, 4)).toEqual([1, 1, 2, 2])
  expect(left()).toBe(18)
  await pass(books, 3)
  expect(salting.known().map(({ id, position }) => [id, position])).toEqual([
    [2, 2],
    [1, 20],
  ])
  await salting.stop()
})

test('manual: nothing is played until the operator gives the salt beside the server, which is noticed within a second', async () => {
  await using books = await house()
  const salting = await salted(books, { kind: 'manual' })
  await until(books, () => salting.known().length === 1)
  expect(salting.playable()).toBeNull()
  expect(salting.idle()).toContain('fanfare crash chain salt')
  await pass(books, 3)
  expect(await books.chains.list()).toHaveLength(1)
  await books.chains.salt(1, salt, books.clock.now())
  await until(books, () => salting.playable()?.salt === salt)
  expect(salting.idle()).toBeNull()
  await salting.stop()
})

test('manual: a new chain is made beside the server too, and played from the moment it has its salt', async () => {
  await using books = await house()
  const salting = await salted(books, { kind: 'manual' })
  await until(books, () => salting.known().length === 1)
  await books.chains.salt(1, salt, books.clock.now())
  await until(books, () => salting.playable()?.id === 1)
  await books.chains.commit(terms, 20, books.clock.now())
  await until(books, () => salting.known().length === 2)
  expect(await play(books, salting, 1)).toEqual([1])
  await books.chains.salt(2, `${salt}00`, books.clock.now())
  await until(books, () => salting.playable()?.id === 2)
  await salting.stop()
})

test('other terms take effect with the next chain alone; until it has its salt the old one is played', async () => {
  const first = await house()
  const salting = await salted(first, { kind: 'manual' })
  await until(first, () => salting.known().length === 1)
  await first.chains.salt(1, salt, first.clock.now())
  await salting.stop()
  await using books = await first.reopened()
  const changed = await salted(books, { kind: 'manual', terms: { ...terms, rtpBps: 9_900 } })
  await until(books, () => changed.known().length === 2)
  expect(changed.playable()).toMatchObject({ id: 1, rtpBps: 9_700 })
  await books.chains.salt(2, `${salt}00`, books.clock.now())
  await until(books, () => changed.playable()?.id === 2)
  expect(changed.playable()).toMatchObject({ rtpBps: 9_900 })
  await changed.stop()
})

test('a chain that is left is played no more, not even to its end, and another one is made', async () => {
  await using books = await house()
  const salting = await salted(books)
  await until(books, () => salting.playable() !== null)
  await play(books, salting, 19)
  await until(books, () => salting.known().length === 2)
  using beside = openLedgerBeside(books.dir)
  expect(leaveChains(beside, books.clock.now())).toBe(2)
  await until(books, () => salting.playable()?.id === 3)
  expect(salting.known().map(({ id, leftAt }) => [id, leftAt !== null])).toEqual([
    [3, false],
    [2, true],
    [1, true],
  ])
  await expect(books.play(1)).rejects.toThrow('was left')
  expect(await play(books, salting, 2)).toEqual([3, 3])
  await salting.stop()
})

test('a source that does not answer is asked ever less often, and says why there is no round', async () => {
  await using books = await house()
  const salting = await salted(books, { kind: 'drand' })
  await until(books, () => salting.idle()?.includes('committed') === false)
  await pass(books, 60)
  expect(salting.playable()).toBeNull()
  expect(await books.chains.list()).toEqual([])
  // Told once, however often it happens.
  expect(books.logged).toHaveLength(1)
  await salting.stop()
})

test('after the end nothing is looked for and nothing is committed', async () => {
  await using books = await house()
  const salting = await salted(books, { kind: 'manual' })
  await salting.stop()
  const chains = await books.chains.list()
  await books.chains.commit(terms, 5, books.clock.now())
  await pass(books, 3)
  expect(salting.known().length).toBeLessThanOrEqual(chains.length)
})

test('a position the game has told does not go back when the store is read a moment late', async () => {
  await using books = await house()
  const salting = await salted(books)
  await until(books, () => salting.playable() !== null)
  salting.used(1, 7)
  await pass(books, 2)
  expect(salting.playable()?.position).toBe(7)
  salting.used(1, 5)
  expect(salting.playable()?.position).toBe(7)
  await salting.stop()
})
