import { expect, test } from 'bun:test'
import { parseCurve } from '../../../src/systems/crash/curve.ts'
import { crashChains } from '../../../src/storage/sqlite/crash-chains.ts'
import { curve, deal, fixed, stake, type Dealt } from './croupier.ts'

const shape = parseCurve(curve)!
const flying = ({ phase }: { phase: string }) => phase === 'flying'

/** All that anybody could look at: what was told and logged, what every question is answered now, every metric. */
async function seen(house: Dealt): Promise<string> {
  const { game, metrics, ledger, told, logged } = house
  const { seats, ...state } = game.state()
  const asked = [state, [...seats], game.stats(), game.idle(), await ledger.rounds(null, 5)]
  return JSON.stringify([...asked, await ledger.ended(0), metrics.text(), told, logged])
}

/** Plays one scripted round and looks at everything every 10 ms, until 1 ms before `until` ms of flight. */
async function watched(crash: number, until: number, { stops = false } = {}): Promise<string[]> {
  await using house = await deal({ scenario: fixed(150, crash), limits: { maxProfit: 5_000 } })
  await house.start()
  const players = await Promise.all(['ann', 'bob', 'eve'].map((name) => house.player(name)))
  const [ann, bob, eve] = players as [(typeof players)[0], (typeof players)[0], (typeof players)[0]]
  await house.until('ended')
  await house.until('phase', ({ phase }) => phase === 'betting')
  await ann.place([stake(1, 10_000), stake(2, 1_000, 120), stake(3, 1_000, 290)])
  await bob.place([stake(1, 1_000, 301), stake(2, 1_000, 400)])
  await eve.place([stake(1, 1_000), stake(2, 500)])
  await house.until('phase', flying)
  const pictures: string[] = []
  for (let flown = 0; flown + 10 < until; flown += 10) {
    await house.pass(10, 10)
    if (flown === 300) pictures.push(JSON.stringify(await eve.cashOut(1)))
    if (flown === 400) pictures.push(await bob.cashOut(3).then(JSON.stringify, String))
    if (flown === 450) pictures.push(await bob.place([stake(3, 100)]).then(JSON.stringify, String))
    if (flown === 500)
      pictures.push(JSON.stringify(await eve.place([stake(1, 100)], { nextRound: true })))
    if (flown === 600) house.game.left(bob.account)
    if (flown === 700 && stops) void house.game.stop(60_000)
    await house.quiet()
    pictures.push(await seen(house))
  }
  await house.pass(until - 1 - Math.floor((until - 1) / 10) * 10 || 10, 1)
  pictures.push(await seen(house))
  expect(house.of('ended')).toHaveLength(1)
  return pictures
}

const earliest = shape.flight(300)

test.each([[301], [1_234], [1_000_000]])(
  'before a flight to 3.00 has ended nothing at all tells it from one to %d hundredths',
  async (other) => {
    const [one, two] = [await watched(300, earliest), await watched(other, earliest)]
    expect(one.length).toBeGreaterThan(100)
    expect(two).toEqual(one)
  },
)

test('nor does a server that is asked to stop', async () => {
  const stops = { stops: true }
  const [one, two] = [await watched(300, earliest, stops), await watched(9_999, earliest, stops)]
  expect(two).toEqual(one)
})

test('the hash of a round is nowhere before its end, and it is told with the end', async () => {
  const publicValue = 'a-later-public-value'
  let chain: Awaited<ReturnType<ReturnType<typeof crashChains>['salt']>> | null = null
  const salting = { playable: () => chain, used() {}, idle: () => null }
  await using house = await deal({ scenario: null, salting })
  const chains = crashChains(house.thread)
  const terms = { rtpBps: 9_700, curve, cap: 100_000, saltSource: 'local' }
  const { id } = await chains.commit(terms, 100, house.clock.now())
  chain = await chains.salt(id, publicValue, house.clock.now())
  await house.start()
  let before = ''
  while (house.of('ended').length === 0) {
    before = await seen(house)
    await house.pass(5)
  }
  const { hash, index } = house.of('ended')[0]
  expect([/^[0-9a-f]{64}$/.test(hash), index]).toEqual([true, 1])
  expect(before).not.toContain(hash)
  expect(await seen(house)).toContain(hash)
})
