import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../../src/storage/sqlite/client.ts'
import { crashLedger } from '../../../src/storage/sqlite/crash.ts'
import type { Ledger } from '../../../src/systems/crash/ledger.ts'
import { createPurses } from '../../../src/systems/crash/purses.ts'
import { fakeClock } from '../../clock.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A real ledger in which alice has 100.00, with what she is told of her balance. */
async function purses() {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-purses-'))
  const { store, thread } = await openSqlite({ dir, dev: true, clock: fakeClock(), ledger: true })
  await store.start(() => {})
  closing.push(async () => {
    await store.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  const real = crashLedger(thread)
  const { account } = await real.open('alice', 10_000, 1)
  const told: [from: string, balance: number][] = []
  const { ledger, balance } = createPurses({
    ledger: real,
    accountOf: (player) => (player === 'alice' ? account : null),
    tell: (player, change) => void told.push([`${player} ${change.reason}`, change.balance]),
  })
  let keys = 0

  /** Places a bet; its answer goes a long way before it is told. */
  async function bet(key = `bet-${keys}`): Promise<void> {
    keys++
    const stakes = [{ slot: 1 + (keys % 3), amount: 1_000, target: null }]
    const placed = await ledger.place(
      { account, key, body: 'bet', at: 2 + keys, since: 0 },
      null,
      stakes,
    )
    for (let turn = 0; turn < 20; turn++) await null
    told.push(['answer', placed.balance])
  }
  async function credit(txId: string, player = 'alice'): Promise<void> {
    const move = { player, kind: 'credit' as const, amount: 500, txId, actor: 'test', at: 5 }
    const { amount, balance: now } = await ledger.move(move)
    if (amount !== 0) balance(player, { balance: now, amount, reason: 'CREDIT' })
  }
  return { real, told, bet, credit, account }
}

async function left(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

const balanceOf = async (ledger: Ledger) => (await ledger.account('alice'))!.balance

test('a payment that is written behind a bet is told behind its answer, though that goes a longer way', async () => {
  const { told, bet, credit, real } = await purses()
  await Promise.all([bet(), credit('t1')])
  await left()
  expect(told).toEqual([
    ['answer', 9_000],
    ['alice CREDIT', 9_500],
  ])
  expect(await balanceOf(real)).toBe(9_500)
})

test('a payment that is written before a bet tells the balance after both, since it is told last', async () => {
  const { told, bet, credit, real } = await purses()
  await Promise.all([credit('t1'), bet(), bet(), credit('t2')])
  await left()
  expect(told).toEqual([
    ['answer', 9_500],
    ['answer', 8_500],
    ['alice CREDIT', 9_000],
    ['alice CREDIT', 9_000],
  ])
  expect(await balanceOf(real)).toBe(9_000)
})

test('the repeat of a bet answers what once was, and news beside it tells what is', async () => {
  const { told, bet, credit } = await purses()
  await bet('same')
  await credit('t1')
  await left()
  told.length = 0
  await Promise.all([credit('t2'), bet('same')])
  await left()
  expect(told).toEqual([
    ['answer', 9_000],
    ['alice CREDIT', 10_000],
  ])
})

test('who is not connected is told nothing, and a repeated payment is no news', async () => {
  const { told, credit } = await purses()
  await credit('t1', 'bob')
  await credit('t2')
  await credit('t2')
  await left()
  expect(told).toEqual([['alice CREDIT', 10_500]])
})
