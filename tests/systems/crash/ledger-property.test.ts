import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Refusal } from '../../../src/core/errors.ts'
import { openLedgerReader } from '../../../src/storage/sqlite/crash-open.ts'
import { parseCurve } from '../../../src/systems/crash/curve.ts'
import { crashPoint } from '../../../src/systems/crash/draw.ts'
import type { Command, Win } from '../../../src/systems/crash/ledger.ts'
import { curve, exit, openBooks, refused, type Books } from './books.ts'

const { flight } = parseCurve(curve)!
const salt = 'a-salt-for-this-test'
const terms = { rtpBps: 9_700, curve, cap: 5_000, saltSource: 'manual' }

/** One thing that happens; `who` is one of three players, `pick` chooses among what there is. */
const step = fc.record({
  what: fc.constantFrom(
    ...(['place', 'place', 'place', 'queue', 'cancel', 'cashOut', 'cashOut', 'reach'] as const),
    ...(['begin', 'begin', 'end', 'end', 'void', 'recover', 'restart'] as const),
    ...(['credit', 'debit', 'rollback', 'again', 'again', 'changed', 'forget'] as const),
  ),
  who: fc.nat(2),
  pick: fc.nat(1_000),
  amount: fc.integer({ min: 1, max: 400 }),
  slots: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  target: fc.option(fc.integer({ min: 101, max: 400 })),
  /** Whether the next one is asked for before this one is answered. */
  hurry: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer Type> ? Type : never

/** What players may meet in any order of events; anything else is a bug. */
const expected = new Set([
  ...['INSUFFICIENT_BALANCE', 'MAX_BETS_EXCEEDED', 'BET_NOT_FOUND', 'ALREADY_CASHED_OUT'],
  ...['CONFLICT', 'INVALID_PHASE', 'TX_CONFLICT', 'TX_ROLLED_BACK'],
])

interface BetSeen {
  readonly id: number
  readonly account: number
  readonly target: number | null
}

/** Plays steps on a ledger, and keeps books of its own from the answers alone. */
function play(books: Books, run: string) {
  const purses = new Map<number, number>()
  const bets: BetSeen[] = []
  const won = new Map<number, Win>()
  const asked: {
    command: Command
    ask: (command: Command) => Promise<unknown>
    answer: unknown
  }[] = []
  let chain = 0
  let round: { id: number; crash: number } | null = null

  function add(account: number, amount: number): void {
    purses.set(account, (purses.get(account) ?? 0) + amount)
  }
  function pay(wins: readonly Win[]): void {
    for (const win of wins) {
      if (won.has(win.bet)) expect(win).toMatchObject({ payout: won.get(win.bet)!.payout })
      else add(win.account, win.payout)
      won.set(win.bet, win)
    }
  }
  /** Asks as a player, remembers the answer for later repeats and adds it up. */
  async function ask<Answer>(
    account: number,
    call: (command: Command) => Promise<Answer>,
    count: (answer: Answer) => void,
  ): Promise<void> {
    const command = books.command(account)
    const answer = await call(command)
    asked.push({ command, ask: call, answer })
    count(answer)
  }
  const some = <Item>(items: readonly Item[], pick: number, most: number) =>
    items.length === 0 ? [] : items.slice(pick % items.length).slice(0, most)
  const owned = (account: number) => bets.filter((bet) => bet.account === account).slice(-6)

  async function place(account: number, { amount, slots, target }: Step, into: number | null) {
    const stakes = slots.map((slot) => ({ slot, amount: amount + slot, target }))
    await ask(
      account,
      (command) => books.ledger.place(command, into, stakes),
      (placed) => {
        for (const bet of placed.bets) {
          bets.push(bet)
          add(account, -bet.amount)
        }
      },
    )
  }

  async function begin({ pick }: Step): Promise<void> {
    const at = books.clock.now()
    const scenario = pick % 2 === 0
    const draw = scenario
      ? ({ source: 'scenario', crash: 100 + (pick % 500) } as const)
      : ({ source: 'chain', chain } as const)
    const begun = await books.ledger.begin(draw, curve, at)
    const crash =
      draw.source === 'scenario'
        ? draw.crash
        : crashPoint(Buffer.from(begun.hash!, 'hex'), salt, terms.rtpBps, terms.cap)
    round = { id: begun.round, crash }
  }

  async function wallet(kind: 'credit' | 'debit' | 'rollback', { who, pick, amount }: Step) {
    const txId = `${run}-${pick % 7}`
    const wish = { player: `${run}-${who}`, txId, actor: 'bank', at: books.clock.now() }
    const answer = await (kind === 'rollback'
      ? books.ledger.rollback(wish)
      : books.ledger.move({ ...wish, kind, amount: amount * 3 }))
    add(answer.account, answer.amount)
  }

  async function repeat({ what, pick }: Step): Promise<void> {
    const [old] = some(asked, pick, 1)
    if (old === undefined) return
    if (what === 'again') return expect(await old.ask(old.command)).toEqual(old.answer)
    await refused(old.ask({ ...old.command, body: 'another' }), 'INVALID_REQUEST')
  }

  async function over(what: 'void' | 'recover'): Promise<void> {
    const at = books.clock.now()
    const refunds =
      what === 'recover'
        ? (await books.ledger.recover(at)).refunds
        : round === null
          ? []
          : await books.ledger.void(round.id, at)
    for (const { account, amount } of refunds) add(account, amount)
    round = null
  }

  async function one(current: Step): Promise<void> {
    const { what, who, pick } = current
    const { ledger } = books
    const { account } = await ledger.open(`${run}-${who}`, 0, books.clock.now())
    const crash = round?.crash ?? 100
    if (what === 'credit' || what === 'debit' || what === 'rollback') return wallet(what, current)
    if (what === 'place' || what === 'queue')
      return place(account, current, what === 'place' ? (round?.id ?? 1) : null)
    if (what === 'cancel') {
      const ids = some(owned(account), pick, 2).map(({ id }) => id)
      if (ids.length === 0) return
      const cancel = (command: Command) => books.ledger.cancel(command, ids)
      return ask(account, cancel, ({ refund }) => add(account, refund))
    }
    if (what === 'cashOut') {
      const flown = pick % flight(crash)
      const exits = some(owned(account), pick, 2).map(({ id }) => exit(id, flown))
      if (exits.length === 0) return
      const cash = (command: Command) => books.ledger.cashOut(command, exits)
      return ask(account, cash, ({ wins }) => pay(wins))
    }
    if (what === 'reach') {
      const due = bets.filter(({ target }) => target !== null && target <= crash)
      return pay(
        await ledger.reach(
          due.map(({ id }) => id),
          books.clock.now(),
        ),
      )
    }
    if (what === 'begin') return begin(current)
    if (what === 'end' && round !== null) {
      const ending = books.ending(round.id, round.crash)
      round = null
      return pay((await ledger.end(ending)).wins)
    }
    if (what === 'void' || what === 'recover') return over(what)
    if (what === 'again' || what === 'changed') return repeat(current)
    if (what === 'forget') return ledger.forget(books.clock.now() - 600_000)
  }

  return {
    async run(steps: readonly Step[]): Promise<void> {
      const at = books.clock.now()
      chain = (await books.chains.commit(terms, 50, at)).id
      await books.chains.salt(chain, salt, at)
      for (const who of [0, 1, 2]) {
        const { account } = await books.ledger.open(`${run}-${who}`, 1_000, at)
        add(account, 1_000)
      }
      // What decides which round it is comes alone; what players and backends ask for, at once.
      const alone = new Set(['begin', 'end', 'void', 'recover', 'restart'])
      let hurried: Promise<void>[] = []
      for (const current of steps) {
        if (alone.has(current.what)) hurried = await done(hurried)
        if (current.what === 'restart') await books.restart()
        const work = tolerant(one(current))
        if (current.hurry && !alone.has(current.what)) hurried.push(work)
        else await work
      }
      await done(hurried)
      await over('recover')
    },
    purses,
  }
}

async function done(work: readonly Promise<void>[]): Promise<never[]> {
  await Promise.all(work)
  return []
}

async function tolerant(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof Refusal && expected.has(error.code))) throw error
  }
}

test('whatever happens in whatever order, no money is made or lost, every bet ends once, and what was told is what is kept', async () => {
  const books = await openBooks()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const run = `run${++runs}`
      const { purses, run: start } = play(books, run)
      await start(steps)
      expect(books.audit().faults).toEqual([])
      expect(await books.ledger.imbalance()).toBe(0)
      for (const who of [0, 1, 2]) {
        const { account, balance } = (await books.ledger.account(`${run}-${who}`))!
        expect(balance).toBe(purses.get(account)!)
      }
      const db = openLedgerReader(books.dir)
      const open = db.query('SELECT id FROM bet WHERE ended_at IS NULL').all()
      const [escrow] = db.query('SELECT balance FROM account WHERE id = 1').values()
      db.close(true)
      expect(open).toEqual([])
      expect(escrow).toEqual([0])
    }),
    { numRuns: 60, endOnFailure: true },
  )
  await books.end()
}, 120_000)
