import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { leaveChains } from '../../../src/storage/sqlite/crash-chains.ts'
import { openLedgerBeside } from '../../../src/storage/sqlite/crash-open.ts'
import { winOf } from '../../../src/systems/crash/ledger.ts'
import { curve, exit, openBooks, refused, window, type Books } from './books.ts'

let books: Books
beforeAll(async () => {
  books = await openBooks()
})
afterEach(async () => {
  expect(books.audit().faults).toEqual([])
  await books.ledger.recover(books.clock.now())
})
afterAll(() => books.end())

const stake = (slot: number, amount: number, target: number | null = null) => ({
  slot,
  amount,
  target,
})
const balance = async (player: string) => (await books.ledger.account(player))!.balance

describe('what a bet wins', () => {
  test.each([
    [10_000, 235, 23_500],
    [5_000, 101, 5_050],
    [1, 199, 1],
    [333, 147, 489],
    [12_345, 345, 42_590],
    [999_999_999_999, 1_000_000, 9_999_999_999_990_000],
    [900_719_925_474_099, 199, 1_792_432_651_693_457],
    [100_000_000_000_003, 101, 101_000_000_000_003],
  ])('%i at %i hundredths is %i, rounded down and exact', (amount, multiplier, win) => {
    expect(winOf(amount, multiplier)).toBe(win)
  })
})

describe('placing', () => {
  test('takes all stakes at once, and the answer has the balance of that moment (K10)', async () => {
    const { ledger, command } = books
    const ann = await books.player(1_000_000)
    const round = await books.round()
    const placed = await ledger.place(command(ann), round, [stake(1, 10_000), stake(2, 5_000, 250)])
    expect(placed).toMatchObject({ round, balance: 985_000 })
    expect(placed.bets).toMatchObject([
      { account: ann, slot: 1, amount: 10_000, target: null, status: 'active' },
      { account: ann, slot: 2, amount: 5_000, target: 250, status: 'active' },
    ])
  })

  test('is refused whole when one slot is taken, so that a batch is atomic (R11, R15)', async () => {
    const { ledger, command } = books
    const ann = await books.player()
    const round = await books.round()
    const first = await ledger.place(command(ann), round, [stake(2, 1)])
    const second = ledger.place(command(ann), round, [stake(1, 5), stake(2, 5)])
    await refused(second, 'MAX_BETS_EXCEEDED')
    const third = await ledger.place(command(ann), round, [stake(1, 5)])
    expect(third.balance).toBe(first.balance - 5)
  })

  test('is refused beyond the balance, which says what was needed and what is there (K18)', async () => {
    const { ledger, command } = books
    const ann = await books.player(100)
    const round = await books.round()
    const { details } = await refused(
      ledger.place(command(ann), round, [stake(1, 60), stake(2, 41)]),
      'INSUFFICIENT_BALANCE',
    )
    expect(details).toEqual({ required: 101, available: 100 })
    expect(await ledger.place(command(ann), round, [stake(1, 100)])).toMatchObject({ balance: 0 })
  })

  test('judges slots before amounts and amounts before the balance', async () => {
    const { ledger, command } = books
    const ann = await books.player(10)
    const round = await books.round()
    await ledger.place(command(ann), round, [stake(1, 1)])
    const huge = 2 ** 50
    const all = ledger.place(command(ann), round, [stake(1, huge), stake(2, huge)])
    await refused(all, 'MAX_BETS_EXCEEDED')
    await refused(ledger.place(command(ann), round, [stake(2, huge)]), 'INVALID_AMOUNT')
    await refused(ledger.place(command(ann), round, [stake(2, 100)]), 'INSUFFICIENT_BALANCE')
  })

  test('is refused when what the target would win is no exact sum any more', async () => {
    const { ledger, command } = books
    const ann = await books.player(10_000_000_000)
    const round = await books.round()
    const bet = ledger.place(command(ann), round, [stake(1, 10_000_000_000, 10_000_000)])
    await refused(bet, 'INVALID_AMOUNT')
  })

  test('is refused when escrow could not hold it exactly', async () => {
    const { ledger, command } = books
    const round = await books.round()
    const all = [1, 2, 3].map((slot) => stake(slot, 2 ** 49))
    for (let rich = 0; rich < 5; rich++)
      await ledger.place(command(await books.player(3 * 2 ** 49)), round, all)
    const last = await books.player(2 ** 49)
    await refused(ledger.place(command(last), round, [stake(1, 2 ** 49)]), 'INVALID_AMOUNT')
  })

  test('in a round that is over is refused, even if the game should ask for it', async () => {
    const { ledger, command } = books
    const ann = await books.player()
    const round = await books.round()
    await ledger.end(books.ending(round, 150))
    await refused(ledger.place(command(ann), round, [stake(1, 1)]), 'INVALID_PHASE')
  })

  test('for the next round takes the stake now and its slot only there', async () => {
    const { ledger, command } = books
    const ann = await books.player(1_000)
    const round = await books.round()
    await ledger.place(command(ann), round, [stake(1, 100)])
    const waits = await ledger.place(command(ann), null, [stake(1, 200)])
    expect(waits).toMatchObject({ round: null, balance: 700, bets: [{ status: 'pending' }] })
    await refused(ledger.place(command(ann), null, [stake(1, 1)]), 'MAX_BETS_EXCEEDED')
    await ledger.end(books.ending(round, 100))
    const { round: next, taken } = await ledger.begin(
      { source: 'scenario', crash: 100 },
      curve,
      books.clock.now(),
    )
    expect(taken).toMatchObject([{ id: waits.bets[0]!.id, account: ann, slot: 1, amount: 200 }])
    expect(taken[0]!.status).toBe('active')
    await refused(ledger.place(command(ann), next, [stake(1, 1)]), 'MAX_BETS_EXCEEDED')
    const { lost } = await ledger.end(books.ending(next, 100))
    expect(lost).toEqual([{ bet: waits.bets[0]!.id, account: ann, slot: 1, amount: 200 }])
  })
})

describe('cancelling', () => {
  test('gives active and waiting bets back and frees their slots (K13)', async () => {
    const { ledger, command } = books
    const ann = await books.player(1_000)
    const round = await books.round()
    const { bets } = await ledger.place(command(ann), round, [stake(1, 100), stake(3, 50)])
    const { bets: waiting } = await ledger.place(command(ann), null, [stake(2, 25)])
    const ids = [...bets, ...waiting].map(({ id }) => id)
    expect(await ledger.cancel(command(ann), ids)).toMatchObject({
      ...{ slots: [1, 3, 2], bets: ids, refund: 175, balance: 1_000 },
    })
    await refused(ledger.cancel(command(ann), ids.slice(0, 1)), 'BET_NOT_FOUND')
    expect(await ledger.place(command(ann), round, [stake(1, 1)])).toMatchObject({ balance: 999 })
  })

  test('of what another player has, or of one that is over among others, gives nothing back', async () => {
    const { ledger, command } = books
    const [ann, eve] = [await books.player(1_000), await books.player()]
    const round = await books.round()
    const placed = await ledger.place(command(ann), round, [stake(1, 100), stake(2, 50)])
    const [first, second] = placed.bets.map(({ id }) => id)
    await refused(ledger.cancel(command(eve), [first!]), 'BET_NOT_FOUND')
    await ledger.cancel(command(ann), [first!])
    await refused(ledger.cancel(command(ann), [second!, first!]), 'BET_NOT_FOUND')
    await refused(ledger.cancel(command(ann), [second!, second!]), 'BET_NOT_FOUND')
  })
})

describe('cashing out', () => {
  test('pays floor(bet · multiplier / 100) once (K11)', async () => {
    const { ledger, command } = books
    const ann = await books.player(1_000_000)
    const round = await books.round()
    const { bets } = await ledger.place(command(ann), round, [stake(1, 333), stake(2, 10_000)])
    const [odd, even] = bets.map(({ id }) => id)
    const out = await ledger.cashOut(command(ann), [exit(odd!, 2569)])
    expect(out.wins).toEqual([
      {
        ...{ bet: odd!, account: ann, slot: 1, amount: 333, multiplier: 147, payout: 489 },
        balance: 990_156,
      },
    ])
    await refused(ledger.cashOut(command(ann), [exit(odd!, 2569)]), 'ALREADY_CASHED_OUT')
    const both = ledger.cashOut(command(ann), [exit(even!, 2569), exit(odd!, 2569)])
    await refused(both, 'ALREADY_CASHED_OUT')
    await ledger.cancel(command(ann), [even!])
    await refused(ledger.cashOut(command(ann), [exit(even!, 2569)]), 'BET_NOT_FOUND')
  })

  test('above its target pays the target, whichever way it comes there', async () => {
    const { ledger, command } = books
    const ann = await books.player(10_000)
    const round = await books.round()
    const stakes = [stake(1, 101, 150), stake(2, 101, 150), stake(3, 101, 150)]
    const { bets } = await ledger.place(command(ann), round, stakes)
    const [late, reached, left] = bets.map(({ id }) => id)
    const { wins } = await ledger.cashOut(command(ann), [exit(late!, 5_000)])
    const targets = await ledger.reach([reached!, late!], books.clock.now())
    const ended = await ledger.end(books.ending(round, 150))
    const paid = [...wins, ...targets.slice(0, 1), ...ended.wins]
    expect(paid.map(({ bet }) => bet)).toEqual([late!, reached!, left!])
    for (const win of paid) expect(win).toMatchObject({ multiplier: 150, payout: 151 })
    expect(await balance(`player-${await nameOf(ann)}`)).toBe(10_000 + 3 * 50)
  })

  test('is refused when what the player has would be no exact sum any more', async () => {
    const { ledger, command } = books
    const ann = await books.player(2 ** 49)
    const round = await books.round()
    const { bets } = await ledger.place(command(ann), round, [stake(1, 2 ** 49)])
    const far = { bet: bets[0]!.id, multiplier: 1_200, flown: 20_000 }
    await refused(ledger.cashOut(command(ann), [far]), 'INVALID_AMOUNT')
  })

  test('of another player or of a bet that waits is not found', async () => {
    const { ledger, command } = books
    const [ann, eve] = [await books.player(), await books.player()]
    const round = await books.round()
    const { bets } = await ledger.place(command(ann), round, [stake(1, 100)])
    const { bets: waiting } = await ledger.place(command(ann), null, [stake(1, 100)])
    await refused(ledger.cashOut(command(eve), [exit(bets[0]!.id, 100)]), 'BET_NOT_FOUND')
    await refused(ledger.cashOut(command(ann), [exit(waiting[0]!.id, 100)]), 'BET_NOT_FOUND')
  })

  test('at a target leaves out what ended otherwise, and its repeat answers the same', async () => {
    const { ledger, command } = books
    const ann = await books.player()
    const round = await books.round()
    const stakes = [stake(1, 100, 200), stake(2, 100, 300), stake(3, 100)]
    const { bets } = await ledger.place(command(ann), round, stakes)
    const [first, second, third] = bets.map(({ id }) => id)
    await ledger.cashOut(command(ann), [exit(second!, 1_000)])
    const all = [first!, second!, third!, 999_999]
    const wins = await ledger.reach(all, books.clock.now())
    expect(wins).toMatchObject([{ bet: first!, multiplier: 200, payout: 200 }])
    expect(await ledger.reach(all, books.clock.now())).toEqual(wins)
  })
})

/** The number in the name that `books.player` gave to the owner of an account: the newest is ours. */
async function nameOf(account: number): Promise<number> {
  for (let number = 1; ; number++) {
    const found = await books.ledger.account(`player-${number}`)
    if (found?.account === account) return number
  }
}

describe('a repeat (R30)', () => {
  test('does nothing and gets the first answer, after a restart, too', async () => {
    const { command } = books
    const ann = await books.player(1_000)
    const round = await books.round()
    const place = command(ann)
    const first = await books.ledger.place(place, round, [stake(1, 100)])
    await books.ledger.place(command(ann), round, [stake(2, 100)])
    const repeats = Array.from({ length: 3 }, () =>
      books.ledger.place(place, round, [stake(1, 100)]),
    )
    expect(await Promise.all(repeats)).toEqual([first, first, first])
    await books.restart()
    expect(await books.ledger.place(place, round, [stake(1, 100)])).toEqual(first)
    expect(await books.ledger.answered(place)).toEqual(first)
    const cash = command(ann)
    const out = await books.ledger.cashOut(cash, [exit(first.bets[0]!.id, 500)])
    await books.ledger.end(books.ending(round, 110))
    expect(await books.ledger.cashOut(cash, [exit(first.bets[0]!.id, 700)])).toEqual(out)
    expect(await books.ledger.answered(cash)).toEqual(out)
  })

  test('with another body is refused, and the ids of another player are others', async () => {
    const { ledger, command } = books
    const [ann, bob] = [await books.player(), await books.player()]
    const round = await books.round()
    await ledger.place(command(ann, 'msg-001', 'one'), round, [stake(1, 100)])
    const changed = command(ann, 'msg-001', 'two')
    await refused(ledger.place(changed, round, [stake(2, 100)]), 'INVALID_REQUEST')
    await refused(ledger.answered(changed), 'INVALID_REQUEST')
    expect(await ledger.answered(command(bob, 'msg-001', 'one'))).toBeNull()
    await ledger.place(command(bob, 'msg-001', 'two'), round, [stake(1, 100)])
  })

  test('after the window is a new command, and forgetting what is older changes nothing else', async () => {
    const { ledger, command, clock } = books
    const ann = await books.player(1_000)
    const round = await books.round()
    const first = await ledger.place(command(ann, 'msg-002'), round, [stake(1, 100)])
    await ledger.cancel(command(ann), [first.bets[0]!.id])
    clock.advance(window)
    expect(await ledger.answered(command(ann, 'msg-002'))).toEqual(first)
    clock.advance(1)
    const again = await ledger.place(command(ann, 'msg-002'), round, [stake(1, 100)])
    expect(again.bets[0]!.id).not.toBe(first.bets[0]!.id)
    await ledger.forget(clock.now() - window)
    expect(await ledger.answered(command(ann, 'msg-002'))).toEqual(again)
    await ledger.forget(clock.now() + 1)
    expect(await ledger.answered(command(ann, 'msg-002'))).toBeNull()
  })

  test('is never mixed up with what stands in the row of an answer that was forgotten', async () => {
    const { ledger, command, clock } = books
    const [ann, bob] = [await books.player(1_000), await books.player(1_000)]
    const round = await books.round()
    const forgetAll = () => ledger.forget(clock.now() + 1)
    const slot = (one: number) => [stake(one, 100)]
    await ledger.place(command(ann, 'once'), round, slot(1))
    await forgetAll()
    // Rows begin anew: here is that of the command before.
    await ledger.place(command(bob, 'once'), round, slot(1))
    expect(await ledger.answered(command(ann, 'once'))).toBeNull()
    await forgetAll()
    await ledger.place(command(ann, 'twice'), round, slot(2))
    expect(await ledger.answered(command(ann, 'once'))).toBeNull()
  })

  test('of the instant from which on nothing is forgotten is kept', async () => {
    const { ledger, command, clock } = books
    const ann = await books.player(1_000)
    const first = await ledger.place(command(ann, 'kept'), null, [stake(1, 100)])
    await ledger.forget(clock.now())
    expect(await ledger.answered(command(ann, 'kept'))).toEqual(first)
  })

  test('of what was refused is judged anew, since refusals are not kept', async () => {
    const { ledger, command } = books
    const ann = await books.player(100)
    const round = await books.round()
    const wish = command(ann)
    await refused(ledger.place(wish, round, [stake(1, 101)]), 'INSUFFICIENT_BALANCE')
    const { player } = (await ledger.account(`player-${await nameOf(ann)}`))!
    const { clock } = books
    const credit = { kind: 'credit', amount: 1, txId: crypto.randomUUID(), actor: 'bank' } as const
    await ledger.move({ ...credit, player, at: clock.now() })
    expect(await ledger.place(wish, round, [stake(1, 101)])).toMatchObject({ balance: 0 })
  })
})

describe('rounds', () => {
  test('are numbered by the day and never go back, whatever the clock says (R9)', async () => {
    const { ledger, clock } = books
    const ids: number[] = []
    for (const jump of [0, 86_400_000, -3 * 86_400_000]) {
      clock.jump(jump)
      ids.push(await books.round())
      await ledger.end(books.ending(ids.at(-1)!, 100))
    }
    clock.jump(2 * 86_400_000)
    const [today, tomorrow, back] = ids
    expect(Math.floor(today! / 1e8)).toBe(20260102)
    expect(tomorrow).toBe(20260103_00000001)
    expect(back).toBe(20260103_00000002)
  })

  test('leap where chains are left: whoever went on from the same backup has played the ids between', async () => {
    const { ledger, clock, chains } = books
    const terms = { rtpBps: 9_700, curve, cap: 1_000_000, saltSource: 'manual' }
    const next = async () => {
      const round = await books.round()
      await ledger.end(books.ending(round, 100))
      return round
    }
    const leave = async () => {
      await chains.commit(terms, 20, clock.now())
      using beside = openLedgerBeside(books.dir)
      expect(leaveChains(beside, clock.now())).toBe(1)
    }
    // Later than all others: ids never go back.
    clock.jump(5 * 86_400_000)
    const before = await next()
    await leave()
    const after = await next()
    expect(after).toBeGreaterThan(before + 1e7)
    expect(Math.floor(after / 1e8)).toBe(Math.floor(before / 1e8))
    expect(await next()).toBe(after + 1)
    // In 10 s more of that life fewer than 10,000 rounds can have been played.
    clock.jump(10_000)
    await leave()
    expect(await next()).toBe(after + 10_000)
    clock.jump(86_400_000)
    const tomorrow = await next()
    expect(tomorrow % 1e8).toBe(1)
    // On a machine whose clock is days behind.
    clock.jump(-3 * 86_400_000)
    await leave()
    expect(await next()).toBeGreaterThan(tomorrow + 1e7)
    clock.jump(-3 * 86_400_000 - 10_000)
  })

  test('leap, too, where the only chain was used up when it was left', async () => {
    const { ledger, clock, chains } = books
    const terms = { rtpBps: 9_700, curve, cap: 1_000_000, saltSource: 'manual' }
    const { id: chain } = await chains.commit(terms, 1, clock.now())
    await chains.salt(chain, 'a-salt-for-this-test', clock.now())
    const { round } = await ledger.begin({ source: 'chain', chain }, curve, clock.now())
    await ledger.void(round, clock.now())
    using beside = openLedgerBeside(books.dir)
    expect(leaveChains(beside, clock.now() + 20 * 86_400_000)).toBe(1)
    const next = await books.round()
    await ledger.void(next, clock.now())
    expect(next).toBeGreaterThan(round + 1e7)
  })

  test('one at a time: another is refused until it is over', async () => {
    const round = await books.round()
    await refused(books.round(), 'CONFLICT')
    await books.ledger.end(books.ending(round, 100))
    await books.round()
  })

  test('end with wins at targets up to the crash point and losses for the rest, once', async () => {
    const { ledger, command } = books
    const [ann, bob] = [await books.player(1_000), await books.player(1_000)]
    const round = await books.round()
    const mine = await ledger.place(command(ann), round, [stake(1, 100, 300), stake(2, 100, 250)])
    const his = await ledger.place(command(bob), round, [stake(1, 100, 301), stake(2, 50)])
    const gone = await ledger.place(command(bob), round, [stake(3, 70)])
    await ledger.cancel(command(bob), [gone.bets[0]!.id])
    const ending = books.ending(round, 300)
    const ended = await ledger.end(ending)
    expect(ended.wins).toEqual([
      {
        ...{ bet: mine.bets[1]!.id, account: ann, slot: 2, amount: 100, multiplier: 250 },
        ...{ payout: 250, balance: 1_050 },
      },
      {
        ...{ bet: mine.bets[0]!.id, account: ann, slot: 1, amount: 100, multiplier: 300 },
        ...{ payout: 300, balance: 1_350 },
      },
    ])
    expect(ended.lost).toEqual([
      { bet: his.bets[0]!.id, account: bob, slot: 1, amount: 100 },
      { bet: his.bets[1]!.id, account: bob, slot: 2, amount: 50 },
    ])
    expect(ended).toMatchObject({ staked: 350, paid: 550 })
    const again = await ledger.end(ending)
    expect(again.wins.map(({ bet }) => bet)).toEqual(ended.wins.map(({ bet }) => bet))
    expect(again).toMatchObject({ lost: ended.lost, staked: 350, paid: 550 })
    await refused(ledger.end({ ...ending, crash: 301 }), 'CONFLICT')
    await refused(ledger.void(round, ending.at), 'CONFLICT')
    await refused(ledger.end({ ...ending, round: 7 }), 'NOT_FOUND')
  })

  test('are ended once: what was won before is no news of the end, and another end is refused', async () => {
    const { ledger, command, clock } = books
    const ann = await books.player()
    const round = await books.round()
    const { bets } = await ledger.place(command(ann), round, [
      stake(1, 100, 120),
      stake(2, 50, 130),
    ])
    await ledger.reach([bets[0]!.id], clock.now())
    clock.advance(50)
    const ending = books.ending(round, 140)
    const ended = await ledger.end(ending)
    expect(ended.wins).toMatchObject([{ slot: 2 }])
    expect(await ledger.end({ ...ending, at: ending.at + 10 })).toEqual(ended)
    await refused(ledger.end({ ...ending, flown: ending.flown + 1 }), 'CONFLICT')
  })

  test('may win more together than an exact number is, and no unit of it is lost', async () => {
    const { ledger, command } = books
    const round = await books.round()
    for (let lucky = 0; lucky < 20; lucky++) {
      const player = await books.player(2 ** 29)
      await ledger.place(command(player), round, [stake(1, 2 ** 29, 100 * 2 ** 20)])
    }
    const { wins } = await ledger.end(books.ending(round, 100 * 2 ** 20))
    expect(wins).toHaveLength(20)
    expect(await ledger.imbalance()).toBe(0)
  })

  test('at a crash of 1.00 are lost by everybody (R25)', async () => {
    const { ledger, command } = books
    const ann = await books.player()
    const round = await books.round()
    await ledger.place(command(ann), round, [stake(1, 100, 101)])
    expect(await ledger.end(books.ending(round, 100))).toMatchObject({ wins: [], paid: 0 })
  })

  test('voided give everything at stake back, keep what was won, and the repeat answers the same', async () => {
    const { ledger, command, clock } = books
    const [ann, bob] = [await books.player(1_000), await books.player(1_000)]
    const round = await books.round()
    const mine = await ledger.place(command(ann), round, [stake(1, 100), stake(2, 200)])
    await ledger.place(command(bob), round, [stake(1, 300)])
    await ledger.place(command(bob), null, [stake(1, 10)])
    await ledger.cashOut(command(ann), [exit(mine.bets[0]!.id, 5_000)])
    const refunds = await ledger.void(round, clock.now())
    expect(refunds).toMatchObject([
      { account: ann, amount: 200, balance: 1_111 },
      { account: bob, amount: 300, balance: 990 },
    ])
    expect(await ledger.void(round, clock.now())).toEqual(refunds)
    await refused(ledger.end(books.ending(round, 200)), 'CONFLICT')
    expect(await ledger.round(round)).toMatchObject({ status: 'void', crash: null, staked: 100 })
  })

  test('are recovered after a restart: voided once, with what waits given back', async () => {
    const { command, clock } = books
    const ann = await books.player(1_000)
    const round = await books.round()
    await books.ledger.place(command(ann), round, [stake(1, 100)])
    await books.ledger.place(command(ann), null, [stake(1, 10)])
    await books.restart()
    const found = await books.ledger.recover(clock.now())
    expect(found.rounds).toEqual([round])
    expect(found.refunds).toMatchObject([{ account: ann, amount: 110, balance: 1_000 }])
    expect(await books.ledger.recover(clock.now())).toEqual({ rounds: [], refunds: [] })
    await books.round()
  })

  test('of a chain burn its hashes one after another, and show them only when they are over', async () => {
    const { ledger, chains, clock, command } = books
    const ann = await books.player()
    const terms = { rtpBps: 9_700, curve, cap: 1_000_000, saltSource: 'manual' }
    const { id, h0 } = await chains.commit(terms, 2, clock.now())
    const draw = { source: 'chain', chain: id } as const
    await refused(ledger.begin(draw, curve, clock.now()), 'CONFLICT')
    await chains.salt(id, 'a-public-value-of-later', clock.now())
    const otherwise = await ledger.begin(draw, 'exp:0.001', clock.now()).catch(String)
    expect(otherwise).toContain('promised with another curve')
    const first = await ledger.begin(draw, curve, clock.now())
    expect(first.index).toBe(1)
    const step = new Bun.CryptoHasher('sha256')
      .update(Buffer.from(first.hash!, 'hex'))
      .digest('hex')
    expect(step).toBe(h0)
    await ledger.place(command(ann), first.round, [stake(1, 100)])
    expect(await ledger.round(first.round)).toMatchObject({
      ...{ status: 'open', hash: null, index: null, crash: null, bets: 1, staked: 100 },
    })
    await ledger.void(first.round, clock.now())
    expect(await ledger.round(first.round)).toMatchObject({ hash: first.hash, index: 1 })
    const second = await ledger.begin(draw, curve, clock.now())
    expect(second.index).toBe(2)
    await ledger.void(second.round, clock.now())
    await refused(ledger.begin(draw, curve, clock.now()), 'CONFLICT')
    await refused(ledger.begin({ ...draw, chain: 99 }, curve, clock.now()), 'CONFLICT')
  })

  test('are listed newest first, and ended ones oldest first for the statistics', async () => {
    const { ledger, clock } = books
    clock.advance(1_000)
    const from = clock.now()
    const ids: number[] = []
    for (const crash of [120, 340, 100]) {
      ids.push(await books.round())
      await ledger.end(books.ending(ids.at(-1)!, crash))
      clock.advance(1_000)
    }
    const newest = await ledger.rounds(null, 2)
    expect(newest.map(({ round }) => round)).toEqual([ids[2]!, ids[1]!])
    const earlier = await ledger.rounds(ids[1]!, 1)
    expect(earlier).toMatchObject([{ round: ids[0]!, crash: 120, status: 'ended', chain: null }])
    const ended = (await ledger.ended(from)).filter(({ at }) => at < clock.now())
    expect(ended.map(({ crash }) => crash)).toEqual([120, 340, 100])
    expect((await ledger.ended(from + 1_500))[0]).toMatchObject({ crash: 100, at: from + 2_000 })
    expect(await ledger.round(1)).toBeNull()
  })
})
