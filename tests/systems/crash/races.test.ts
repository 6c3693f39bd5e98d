import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { TestClient } from '../../fixture.ts'
import { ask, bets, casino, say, type Casino } from './casino.ts'

let one: Casino
/** Connections of one player. */
let sockets: TestClient[]

beforeEach(async () => {
  one = await casino({ points: [1_000] })
  sockets = await Promise.all(Array.from({ length: 20 }, () => one.play('ann')))
  await one.until('betting')
})
afterEach(() => one[Symbol.asyncDispose]())

/** Every connection asks at once. */
function all(frame: (index: number) => { i: string }): Promise<any[]> {
  return Promise.all(sockets.map((socket, index) => ask(socket, frame(index))))
}
const codes = (answers: readonly any[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(answers, ({ t, p }) => (t === 'ERROR' ? p.code : t))).map(
      ([code, same]) => [code, same!.length],
    ),
  )
const slot = (slotId: number, amount: string, more: object = {}) => ({
  crash: { slots: [{ slotId, amount, ...more }] },
})

test('R15: of twenty bets in one slot from twenty connections at once one is taken', async () => {
  expect(codes(await all((index) => bets(`b${index}`, '10.00')))).toEqual({
    PLACE_BET_RESPONSE: 1,
    MAX_BETS_EXCEEDED: 19,
  })
  expect(await one.balance('ann')).toBe('9990.00')
})

test('R30: one id from twenty connections at once is one bet with one answer, and another wish under it is none', async () => {
  const same = await all(() => bets('same', '10.00'))
  expect(new Set(same.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(same[0]).toMatchObject({ t: 'PLACE_BET_RESPONSE', p: { balance: '9990.00' } })
  const mixed = await all((index) => say('mixed', 'PLACE_BET', slot(2, `${1 + (index % 2)}.00`)))
  expect(codes(mixed)).toEqual({ PLACE_BET_RESPONSE: 10, INVALID_REQUEST: 10 })
  const taken = mixed.filter(({ t }) => t !== 'ERROR').map(({ p }) => p.slots[0].amount)
  expect(new Set(taken).size).toBe(1)
  expect(await one.balance('ann')).toBe(taken[0] === '1.00' ? '9989.00' : '9988.00')
})

test('a bet is cashed out once, whoever of twenty connections asks for it, for all of them, or the target for it', async () => {
  const { p } = await ask(
    sockets[0]!,
    say('b', 'PLACE_BET', {
      crash: {
        slots: [
          { slotId: 1, amount: '10.00' },
          { slotId: 2, amount: '10.00', autoCashOut: '1.05' },
          { slotId: 3, amount: '10.00', autoCashOut: '1.50' },
        ],
      },
    }),
  )
  expect(p.balance).toBe('9970.00')
  await one.until('flying')
  // The third target is reached while everybody asks.
  const asked = all((index) => {
    if (index === 10) one.server.clock.advance(3_000)
    return index % 2 === 0
      ? say(`c${index}`, 'CASH_OUT', { slotId: 1 + ((index / 2) % 3) })
      : say(`c${index}`, 'CASH_OUT', { cashOutAll: true })
  })
  const answers = await asked
  const results = answers.flatMap(({ t, p: paid }) => (t === 'ERROR' ? [] : paid.results))
  const slots = results.map(({ slotId }) => slotId)
  expect(new Set(slots).size).toBe(slots.length)
  await one.until('waiting')
  const { entries } = await one.call('GET', '/api/wallets/ann/entries', 200)
  const kinds = entries.map(({ kind }: { kind: string }) => kind)
  expect(kinds.filter((kind: string) => kind === 'stake')).toHaveLength(3)
  expect(kinds.filter((kind: string) => kind === 'return')).toHaveLength(3)
  const won = entries.filter(({ kind }: { kind: string }) => kind === 'profit')
  expect(won.length).toBeLessThanOrEqual(3)
  for (const { slotId, multiplier } of results) {
    if (slotId === 2) expect(multiplier).toBeLessThanOrEqual(1.05)
    if (slotId === 3) expect(multiplier).toBeLessThanOrEqual(1.5)
  }
})

test('bets and cancellations that race with the deadline leave no money behind', async () => {
  const [first, second] = sockets
  for (let turn = 0; turn < 40; turn++) {
    first!.send(bets(`p${turn}`, '10.00'))
    second!.send(say(`c${turn}`, 'CANCEL_BET', { slotId: 1 }))
    if (turn % 2 === 0) one.server.clock.advance(250)
    await Bun.sleep(1)
  }
  await one.until('flying')
  const state = (await ask(first!, say('s', 'GET_STATE'))).p
  const staked = state.myBets.length * 10
  expect(await one.balance('ann')).toBe(`${10_000 - staked}.00`)
  expect(state.totalBets).toBe(`${staked}.00`)
  const { entries } = await one.call('GET', '/api/wallets/ann/entries?limit=1000', 200)
  const count = (wanted: string) =>
    entries.filter(({ kind }: { kind: string }) => kind === wanted).length
  expect(count('stake') - count('cancel')).toBe(state.myBets.length)
})
