import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mostBrought, mostWin, type Entry } from '../../../src/systems/crash/ledger.ts'
import { openLedgerReader } from '../../../src/storage/sqlite/crash-open.ts'
import { exit, openBooks, refused, type Books } from './books.ts'

let books: Books
let player: string
let count = 0
beforeAll(async () => {
  books = await openBooks()
})
beforeEach(() => {
  player = `p${++count}`
})
afterEach(() => expect(books.audit().faults).toEqual([]))
afterAll(() => books.end())

const at = () => ({ player, actor: 'bank', at: books.clock.now() })
const move = (kind: 'credit' | 'debit', amount: number, txId: string) =>
  books.ledger.move({ ...at(), kind, amount, txId: `${player}-${txId}` })
const rollback = (txId: string) => books.ledger.rollback({ ...at(), txId: `${player}-${txId}` })
const balance = async () => (await books.ledger.account(player))?.balance ?? null

test('an account is opened once, with play money for a new player only', async () => {
  const first = await books.ledger.open(player, 1_000_000, 1)
  expect(first).toMatchObject({ player, balance: 1_000_000 })
  expect(await books.ledger.open(player, 1_000_000, 2)).toEqual(first)
  player = `p${++count}`
  expect(await balance()).toBeNull()
  await move('credit', 5, 'a')
  expect(await books.ledger.open(player, 1_000_000, 2)).toMatchObject({ balance: 5 })
})

test('a movement happens once for its tx_id, and its repeat is answered like the first', async () => {
  expect(await move('credit', 500, 'a')).toMatchObject({ balance: 500, amount: 500 })
  const first = await move('debit', 200, 'b')
  expect(first).toMatchObject({ balance: 300, amount: -200, txId: `${player}-b` })
  await move('credit', 1, 'c')
  const repeats = await Promise.all([1, 2, 3].map(() => move('debit', 200, 'b')))
  for (const repeat of repeats) expect(repeat).toEqual({ ...first, amount: 0 })
  expect(await balance()).toBe(301)
})

test('another wish under a tx_id is refused, be it the kind, the amount or the player', async () => {
  await move('credit', 500, 'a')
  await refused(move('credit', 501, 'a'), 'TX_CONFLICT')
  await refused(move('debit', 500, 'a'), 'TX_CONFLICT')
  const txId = `${player}-a`
  const other = { ...at(), player: 'eve', txId }
  await refused(books.ledger.move({ ...other, kind: 'credit', amount: 500 }), 'TX_CONFLICT')
  await refused(books.ledger.rollback(other), 'TX_CONFLICT')
  expect(await books.ledger.account('eve')).toBeNull()
})

test('too little money is 409 with both sums, and the same tx_id may come again', async () => {
  const unknown = await refused(move('debit', 10, 'a'), 'INSUFFICIENT_BALANCE')
  expect(unknown).toMatchObject({ status: 409, details: { required: 10, available: 0 } })
  expect(await balance()).toBeNull()
  await move('credit', 9, 'b')
  const short = await refused(move('debit', 10, 'a'), 'INSUFFICIENT_BALANCE')
  expect(short).toMatchObject({ status: 409, details: { required: 10, available: 9 } })
  await move('credit', 1, 'c')
  expect(await move('debit', 10, 'a')).toMatchObject({ balance: 0 })
})

test('a rollback takes a movement back once, and the movement is refused from then on', async () => {
  await move('credit', 500, 'a')
  await move('debit', 200, 'b')
  const back = await rollback('b')
  expect(back).toMatchObject({ balance: 500, amount: 200 })
  expect(await rollback('b')).toEqual({ ...back, amount: 0 })
  await refused(move('debit', 200, 'b'), 'TX_ROLLED_BACK')
  await refused(move('debit', 201, 'b'), 'TX_CONFLICT')
  expect(await rollback('a')).toMatchObject({ balance: 0, amount: -500 })
})

test('a rollback of a credit that is spent is refused whole', async () => {
  await move('credit', 500, 'a')
  await move('debit', 1, 'b')
  const refusal = await refused(rollback('a'), 'INSUFFICIENT_BALANCE')
  expect(refusal).toMatchObject({ status: 409, details: { required: 500, available: 499 } })
  expect(await move('credit', 500, 'a')).toMatchObject({ amount: 0 })
})

test('a rollback that comes before its movement leaves a tombstone, so that a late debit is refused', async () => {
  const buried = await rollback('a')
  expect(buried).toMatchObject({ player, balance: 0, amount: 0 })
  expect(await rollback('a')).toEqual(buried)
  await books.restart()
  await refused(move('credit', 5, 'a'), 'TX_ROLLED_BACK')
  expect(await balance()).toBe(0)
})

test('nobody brings more than stays exact whatever is won, and nobody bets with more', async () => {
  const { ledger, command } = books
  await refused(move('credit', mostBrought + 1, 'a'), 'INVALID_AMOUNT')
  await move('credit', mostBrought, 'b')
  await refused(move('credit', 1, 'c'), 'INVALID_AMOUNT')
  const { account } = (await ledger.account(player))!
  const stakes = [1, 2, 3].map((slot) => ({ slot, amount: mostWin / 2, target: 200 }))
  await ledger.place(command(account), null, stakes)
  const round = await books.round()
  await ledger.place(command(account), null, stakes)
  const { wins } = await ledger.end(books.ending(round, 200))
  expect(wins.at(-1)!.balance).toBe(mostBrought)
  const next = await books.round()
  const last = await ledger.end(books.ending(next, 200))
  expect(last.wins.at(-1)!.balance).toBe(mostBrought + 3 * mostWin)
  await refused(ledger.place(command(account), null, stakes.slice(0, 1)), 'INVALID_AMOUNT')
  await move('debit', 3 * mostWin + 1, 'd')
  await ledger.place(command(account), null, [{ slot: 1, amount: 1, target: null }])
  await move('credit', 2, 'e')
  await refused(rollback('d'), 'INVALID_AMOUNT')
  await ledger.recover(books.clock.now())
  expect(await ledger.imbalance()).toBe(0)
})

test('every action of a backend leaves its row in the audit log, repeats and refusals none', async () => {
  await move('credit', 500, 'a')
  await move('credit', 500, 'a')
  await refused(move('debit', 501, 'b'), 'INSUFFICIENT_BALANCE')
  await move('debit', 100, 'b')
  await rollback('b')
  await rollback('b')
  await rollback('c')
  const db = openLedgerReader(books.dir)
  const rows = db
    .query('SELECT actor, action, details FROM audit_log WHERE subject = ? ORDER BY id')
    .values(player)
  db.close(true)
  const told = (txId: string, amount: number) =>
    JSON.stringify({ txId: `${player}-${txId}`, amount })
  expect(rows).toEqual([
    ['bank', 'wallet credit', told('a', 500)],
    ['bank', 'wallet debit', told('b', 100)],
    ['bank', 'wallet rollback', told('b', 100)],
    ['bank', 'wallet rollback', told('c', 0)],
  ])
})

test('entries tell every movement with the balance after it, and its round once it has one', async () => {
  const { ledger, clock, command } = books
  await move('credit', 1_000, 'a')
  const { account } = (await ledger.account(player))!
  const { bets } = await ledger.place(command(account), null, [
    { slot: 1, amount: 100, target: null },
  ])
  const round = await books.round()
  await ledger.cashOut(command(account), [exit(bets[0]!.id, 2_569)])
  await ledger.end(books.ending(round, 200))
  await rollback('a').catch(() => {})
  const { entries, more } = await ledger.entries(player, 0, 100)
  expect(more).toBe(false)
  const shown = entries.map(({ kind, amount, balance: after, round: of, txId }) => [
    ...[kind, amount, after, of, txId],
  ])
  expect(shown).toEqual([
    ['credit', 1_000, 1_000, null, `${player}-a`],
    ['stake', -100, 900, round, null],
    ['return', 100, 1_000, round, null],
    ['profit', 47, 1_047, round, null],
    ['credit_rollback', -1_000, 47, null, `${player}-a`],
  ])
  expect(entries.map(({ at: when }) => when)).toEqual(entries.map(() => clock.now()))
  expect(await ledger.entries('nobody', 0, 10)).toEqual({ entries: [], more: false })
})

test('entries are read in pages from any place, as if all were there at once', async () => {
  const names = ['a', 'b', 'c'].map((letter) => `${player}${letter}`)
  for (let number = 0; number < 300; number++) {
    const owner = names[number % 7 === 0 ? 0 : number % 3]!
    const wish = { player: owner, actor: 'bank', at: number, txId: `${player}-${number}` }
    await books.ledger.move({ ...wish, kind: 'credit', amount: number + 1 })
  }
  for (const name of names) {
    const all = (await books.ledger.entries(name, 0, 1_000)).entries
    expect(all.length).toBeGreaterThan(80)
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => a - b))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(all.at(-1)!.id + 3),
        fc.integer({ min: 1, max: 120 }),
        async (after, limit) => {
          const rest: Entry[] = all.filter(({ id }) => id > after)
          const page = await books.ledger.entries(name, after, limit)
          expect(page.entries).toEqual(rest.slice(0, limit))
          expect(page.more).toBe(rest.length > limit)
        },
      ),
      { numRuns: 40 },
    )
  }
})
