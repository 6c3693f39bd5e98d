import { expect, test } from 'bun:test'
import { fakeClock } from '../../clock.ts'
import { codeOf, deal, fixed, stake, type Dealt } from './croupier.ts'

const flying = ({ phase }: { phase: string }) => phase === 'flying'
const betting = ({ phase }: { phase: string }) => phase === 'betting'
const waiting = ({ phase }: { phase: string }) => phase === 'waiting'

/** What a new process finds that starts on the same folder. */
function again(house: Dealt, points = [200]) {
  return deal({ dir: house.dir, clock: fakeClock(house.clock.now()), scenario: fixed(...points) })
}

/** Rounds as everybody may see them, newest first. */
async function rounds(house: Dealt) {
  return (await house.ledger.rounds(null, 10)).map(({ status, staked, paid }) => [
    status,
    staked,
    paid,
  ])
}

test('a stop while betting gives every bet back at once, and tells who it was', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000), stake(2, 500)])
  await ann.place([stake(1, 70)], { nextRound: true })
  const before = house.clock.elapsed()
  let stopped = false
  void house.game.stop(10_000).then(() => (stopped = true))
  expect(await codeOf(ann.place([stake(3, 1)]))).toBe('RESTARTING')
  await house.quiet()
  expect([stopped, house.clock.elapsed()]).toEqual([true, before])
  expect(house.of('balance')).toEqual([
    { player: 'ann', balance: 100_000, amount: 1_570, reason: 'REFUND' },
  ])
  expect([ann.bets(), await rounds(house)]).toEqual([[], [['void', 0, 0]]])
  const told = house.told.length
  await house.pass(100_000, 1_000)
  expect(house.told).toHaveLength(told)
})

test('a flight that ends within the time is flown to its end, and no round follows', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000, 150), stake(2, 1_000)])
  await house.until('phase', flying)
  await house.pass(300)
  await house.close(10_000)
  expect(house.of('ended')).toMatchObject([{ crash: 200, staked: 2_000, paid: 1_500 }])
  expect(house.of('phase').map(({ phase }) => phase)).toEqual(['betting', 'flying', 'waiting'])
  expect(house.of('balance').filter(({ reason }) => reason === 'REFUND')).toEqual([])
})

test('nobody learns from a stop how far a flight will go: it goes on for the whole time before it is void', async () => {
  await using house = await deal({ scenario: fixed(10_000) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000), stake(2, 1_000), stake(3, 1_000, 150)])
  await house.until('phase', flying)
  await house.pass(100)
  let stopped = false
  void house.game.stop(900).then(() => (stopped = true))
  await house.pass(600)
  expect((await ann.cashOut(1)).wins).toMatchObject([{ multiplier: 201 }])
  await house.pass(299)
  expect([stopped, house.of('tick').at(-1).elapsed]).toEqual([false, 950])
  await house.pass(1)
  await house.quiet()
  expect([stopped, house.of('ended')]).toEqual([true, []])
  // What was cashed out stays so, the rest is back.
  expect(await ann.balance()).toBe(97_000 + 2_010 + 1_500 + 1_000)
  expect(await rounds(house)).toEqual([['void', 2_000, 3_510]])
})

test('a cash-out that came before a flight was cut short counts', async () => {
  await using house = await deal({ scenario: fixed(10_000) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000)])
  await house.until('phase', flying)
  await house.pass(500)
  const at = house.clock.elapsed()
  let work = () => {}
  const held = new Promise<void>((resolve) => (work = resolve))
  const out = house.frame(at, async () => {
    await held
    return ann.cashOut(1, { at })
  })
  await house.pass(100)
  const closing = house.close(0)
  await house.pass(50)
  work()
  expect((await out).wins).toMatchObject([{ multiplier: 164 }])
  await closing
  await using next = await again(house)
  expect((await next.ledger.account('ann'))!.balance).toBe(100_640)
})

test('a stop between rounds is done at once, and gives back what waits', async () => {
  await using house = await deal({ scenario: fixed(110) })
  await house.start()
  const ann = await house.player('ann')
  await house.until('phase', waiting)
  await ann.place([stake(1, 1_000)], { nextRound: true })
  let stopped = false
  void house.game.stop(10_000).then(() => (stopped = true))
  await house.quiet()
  expect([stopped, await ann.balance(), await rounds(house)]).toEqual([
    ...[true, 100_000, [['ended', 0, 0]]],
  ] as never)
})

test('a game that never began stops, too, and one that is stopped twice stops once', async () => {
  await using house = await deal()
  await house.game.stop(0)
  await using other = await deal()
  await other.start()
  await Promise.all([other.game.stop(0), other.game.stop(0)])
  expect(other.calls.filter((name) => name === 'recover')).toHaveLength(2)
})

test('a disk that fails keeps nobody from stopping: the next start gives everything back', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000)])
  await house.until('phase', flying)
  await house.pass(650)
  house.faults.set('*', 'unwritten')
  await house.close(3_000)
  await using next = await again(house)
  await next.start()
  expect((await next.ledger.account('ann'))!.balance).toBe(100_000)
  expect((await rounds(next)).slice(1)).toEqual([['void', 0, 0]])
})

test.each(['betting', 'flying', 'landing', 'waiting'] as const)(
  'a process that is killed while %s leaves every bet ended once after the next start',
  async (phase) => {
    await using house = await deal({ scenario: fixed(200) })
    await house.start()
    const [ann, bob] = [await house.player('ann'), await house.player('bob')]
    await ann.place([stake(1, 1_000, 120), stake(2, 1_000)])
    await bob.place([stake(1, 500)], { nextRound: true })
    if (phase !== 'betting') await house.until('phase', flying)
    if (phase === 'flying') await house.pass(400)
    if (phase === 'landing') {
      house.faults.set('end', 'unwritten')
      await house.pass(800)
    }
    if (phase === 'waiting') await house.until('ended')
    await house.kill()
    await using next = await again(house)
    await next.start()
    const won = phase === 'betting' ? 0 : 200
    const lost = phase === 'waiting' ? 1_000 : 0
    const balances = ['ann', 'bob'].map(async (name) => (await next.ledger.account(name))!.balance)
    expect(await Promise.all(balances)).toEqual([100_000 + won - lost, 100_000])
    expect((await rounds(next))[1]![0]).toBe(phase === 'waiting' ? 'ended' : 'void')
    expect(await next.ledger.imbalance()).toBe(0)
    // The game goes on, with what was counted before.
    expect(next.game.stats().rounds).toBe(phase === 'waiting' ? 1 : 0)
    await next.until('ended')
    expect(next.logged.filter((line) => line.includes('"error"'))).toEqual([])
  },
)

test('R30: a repeat after a restart gets its first answer', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  const ann = await house.player('ann')
  const placed = await ann.place([stake(1, 1_000)], { key: 'a' })
  await house.until('phase', flying)
  await house.pass(300)
  const out = await ann.cashOut(1, { key: 'b' })
  await house.kill()
  await using next = await again(house)
  await next.start()
  const back = await next.player('ann')
  expect(await back.cashOut(1, { key: 'b' })).toEqual(out)
  expect(await back.place([stake(1, 1_000)], { key: 'a' })).toEqual(placed)
  expect([back.bets(), await back.balance()]).toEqual([[], out.balance])
})

test('statistics are the same after a restart', async () => {
  await using house = await deal({ scenario: fixed(150, 1_200, 100) })
  await house.start()
  const ann = await house.player('ann')
  for (let n = 0; n < 3; n++) {
    await ann.place([stake(1, 1_000, 120)])
    await house.until('ended')
    await house.until('phase', betting)
  }
  const stats = house.game.stats()
  expect(stats).toMatchObject({ rounds: 3, recent: [100, 1_200, 150], staked: 3_000, paid: 2_400 })
  await house.kill()
  await using next = await again(house)
  await next.start()
  expect(next.game.stats()).toEqual(stats)
})
