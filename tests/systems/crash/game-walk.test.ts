import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { auditLedger } from '../../../src/storage/sqlite/crash-audit.ts'
import { openLedgerReader } from '../../../src/storage/sqlite/crash-open.ts'
import { fakeClock } from '../../clock.ts'
import { deal, fixed, stake, type Dealt, type Fault } from './croupier.ts'

const grant = 20_000
const names = ['ann', 'bob', 'eve'] as const

const Player = fc.nat(names.length - 1)
const Slot = fc.integer({ min: 1, max: 3 })
/** How long ago a frame came that is worked on only now. */
const Late = fc.constantFrom(0, 0, 0, 1, 30, 400)
const Stakes = fc.uniqueArray(
  fc.record({
    slot: Slot,
    amount: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 100, max: 9_000 })),
    target: fc.oneof(fc.constant(null), fc.integer({ min: 101, max: 260 })),
  }),
  { minLength: 1, maxLength: 3, selector: ({ slot }) => slot },
)

/** What happens next; several money commands at once race with one another. */
const Place = fc.record({
  does: fc.constant('place' as const),
  ...{ player: Player, stakes: Stakes, next: fc.nat(4).map((n) => n === 0), late: Late },
})
const Cancel = fc.record({
  does: fc.constant('cancel' as const),
  ...{ player: Player, slot: fc.nat(3), late: Late },
})
const CashOut = fc.record({
  does: fc.constant('cashOut' as const),
  ...{ player: Player, slot: fc.option(Slot), all: fc.boolean(), late: Late },
})
const Again = fc.record({ does: fc.constant('again' as const), which: fc.nat(20) })
const Wish = fc.oneof(Place, Cancel, CashOut, Again)

/** A round as players mean it: bets, then cash-outs a while after take-off. */
const Round = fc.record({
  bets: fc.array(fc.oneof(Place, Place, Place, Cancel, Again), { minLength: 1, maxLength: 5 }),
  wait: fc.nat(300),
  outs: fc.array(fc.oneof(CashOut, CashOut, Again), { minLength: 1, maxLength: 4 }),
})
const Step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ round: Round }) },
  { weight: 6, arbitrary: fc.record({ wishes: fc.array(Wish, { minLength: 1, maxLength: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ wait: fc.constantFrom(1, 17, 50, 120, 300) }) },
  { weight: 3, arbitrary: fc.record({ phase: fc.constantFrom('betting', 'flying', 'waiting') }) },
  { weight: 1, arbitrary: fc.record({ stall: fc.constantFrom(40, 230, 900) }) },
  { weight: 1, arbitrary: fc.record({ player: Player, here: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constantFrom('place', 'cancel', 'cashOut', 'reach', 'end', 'begin', 'answered', '*'),
      fault: fc.constantFrom<Fault>('unwritten', 'unanswered'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ works: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ ends: fc.constantFrom('stop', 'kill', 'kill') }) },
)
type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never
type Steps = readonly Of<typeof Step>[]
type Wished = Of<typeof Wish>

/** One table over as many processes as the steps want; everything that was told and answered, in order. */
async function walk(steps: Steps, points: readonly number[], onDisconnect: 'keep' | 'cash_out') {
  const shape = {
    ...{ scenario: fixed(...points), onDisconnect },
    limits: { maxProfit: 7_000, maxExposure: 40_000 },
    times: { betting: 400, waiting: 200 },
  }
  const history: unknown[] = []
  const keys: { key: string; ask: (key: string) => Promise<unknown>; first: unknown }[] = []
  const first = await deal(shape)
  let house: Dealt = first
  let players = await seated(house)
  await house.start()

  async function ask(wish: Wished, key: string): Promise<void> {
    const done = await (wish.does === 'again' ? repeat(wish.which) : order(wish, key))
    history.push({ what: wish.does, data: done })
  }
  async function order(wish: Exclude<Wished, { does: 'again' }>, key: string): Promise<unknown> {
    const asks = (id: string) => {
      const player = players[wish.player]!
      const how = { key: id, at: Math.max(1_000, house.clock.elapsed() - wish.late) }
      if (wish.does === 'cancel') return player.cancel(wish.slot, how)
      if (wish.does === 'cashOut') return player.cashOut(wish.slot, { ...how, all: wish.all })
      const stakes = wish.stakes.map(({ slot, amount, target }) => stake(slot, amount, target))
      return player.place(stakes, { ...how, nextRound: wish.next })
    }
    const first = await asks(key).catch((error: { code?: string }) => error.code ?? error)
    keys.push({ key, ask: asks, first })
    return first
  }
  /** A wish that was granted is answered the same for ever, whatever has happened since. */
  async function repeat(which: number): Promise<unknown> {
    const one = keys.at(-1 - (which % Math.max(1, keys.length)))
    if (one === undefined) return null
    const answer = await one.ask(one.key).catch((error: { code?: string }) => error.code ?? error)
    if (typeof one.first === 'object' && typeof answer === 'object') {
      expect(answer).toEqual(one.first as never)
    }
    if (typeof one.first === 'object' && typeof answer === 'string') {
      expect(answer).toBe('STORE_UNAVAILABLE')
    }
    return answer
  }

  async function replace(how: string): Promise<void> {
    if (how === 'stop') await house.close()
    else await house.kill()
    expect(house.logged.filter((line) => line.includes('"error"'))).toEqual([])
    history.push(...house.told)
    house = await deal({ ...shape, dir: house.dir, clock: fakeClock(house.clock.now() + 1) })
    players = await seated(house)
    await house.start()
  }

  let serial = 0
  /** All at once, so that they race. */
  async function askAll(wishes: readonly Wished[]): Promise<void> {
    await Promise.all(wishes.map((wish) => ask(wish, `k${++serial}`)))
  }
  /** With a disk that fails it may never come to that. */
  async function go(phase: string): Promise<void> {
    for (let ms = 0; ms < 2_000 && house.game.state().phase !== phase; ms += 10) {
      await house.pass(10, 10)
    }
  }

  for (const step of steps) {
    if ('wishes' in step) await askAll(step.wishes)
    else if ('round' in step) {
      const { bets, wait, outs } = step.round
      await go('betting')
      await askAll(bets)
      await go('flying')
      await house.pass(wait, 10)
      await askAll(outs)
    } else if ('wait' in step) await house.pass(step.wait, 10)
    else if ('phase' in step) await go(step.phase)
    else if ('stall' in step) {
      house.clock.stall(step.stall)
      house.clock.advance(0)
    } else if ('here' in step) {
      const { account } = players[step.player]!
      if (step.here) house.game.joined(account)
      else house.game.left(account)
    } else if ('ends' in step) await replace(step.ends)
    else if ('works' in step) house.faults.clear()
    else house.faults.set(step.call, step.fault)
    await house.quiet()
  }
  house.faults.clear()
  await replace('kill')
  history.push(...house.told)
  await house.close()
  const db = openLedgerReader(house.dir)
  const audit = auditLedger(db)
  const balances = db
    .query<{ player: string; balance: number }, []>(
      'SELECT player, balance FROM account WHERE player IS NOT NULL ORDER BY player',
    )
    .all()
  const open = db
    .query<{ id: number }, []>("SELECT id FROM bet WHERE status IN ('active', 'pending')")
    .all()
  db.close()
  await first[Symbol.asyncDispose]()
  return { history, audit, balances, open }
}

async function seated(house: Dealt) {
  const players = []
  for (const name of names) players.push(await house.player(name, grant))
  return players
}

/** What everybody heard agrees with itself. */
function coherent(history: readonly any[]): void {
  for (const { what, data } of history) {
    if (what !== 'ended') continue
    const { winners, losers, staked, paid, crash } = data
    const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0)
    expect(sum(winners.map(({ win }: any) => win.payout))).toBe(paid)
    const stakes = [
      ...winners.map(({ win }: any) => win.amount),
      ...losers.map((one: any) => one.amount),
    ]
    expect(sum(stakes)).toBe(staked)
    for (const { win } of winners) expect(win.multiplier).toBeLessThanOrEqual(crash)
  }
  for (const { what, data } of history) {
    if (what === 'tick') expect(data.multiplier).toBeGreaterThanOrEqual(100)
  }
}

const Walk = fc.record({
  steps: fc.array(Step, { minLength: 10, maxLength: 40, size: 'max' }),
  points: fc.array(fc.constantFrom(100, 120, 150, 200, 260, 260), { minLength: 1, maxLength: 3 }),
  onDisconnect: fc.constantFrom('keep' as const, 'cash_out' as const),
})

test('whatever players, disk and process do, in whatever order, no money is made or lost and every bet ends once', async () => {
  await fc.assert(
    fc.asyncProperty(Walk, async ({ steps, points, onDisconnect }) => {
      const { history, audit, open } = await walk(steps, points, onDisconnect)
      expect([audit.faults, open]).toEqual([[], []])
      coherent(history)
    }),
    { numRuns: Number(process.env['WALKS'] ?? 25), seed: Number(process.env['SEED'] ?? 11) },
  )
}, 600_000)

test('the same steps give the same story, so that every fault can be found again', async () => {
  const steps = fc.sample(Step, { numRuns: 90, seed: 23 }).filter((step) => !('call' in step))
  const [one, two] = [await walk(steps, [150, 260], 'keep'), await walk(steps, [150, 260], 'keep')]
  expect(two).toEqual(one)
  expect(one.history.length).toBeGreaterThan(50)
})
