import type { Audience } from './audience.ts'
import type { CashedOut, Cancelled, Command, Ledger, Placed, Win } from './ledger.ts'

/** A ledger whose balances are told in the order in which they came about. */
export interface Purses extends Pick<Audience, 'balance'> {
  readonly ledger: Ledger
  /** Resolves when everything that is news by now has been told. */
  told(): Promise<void>
}

/** What telling of balances works with. */
export interface PurseParts {
  readonly ledger: Ledger
  /** The account of a player who is connected, null for others. */
  readonly accountOf: (playerId: string) => number | null
  readonly tell: Audience['balance']
}

/**
 * Answers of one commit go their own ways to a client: that of a bet may leave after the news of a payment that was
 * written behind it. So news waits until every answer has left, and tells the balance as of then.
 */
export function createPurses({ ledger, accountOf, tell }: PurseParts): Purses {
  /** The newest balances of this turn of the loop. */
  const newest = new Map<number, number>()
  const waiting: (() => void)[] = []
  let armed = false

  function arm(): void {
    if (armed) return
    armed = true
    setImmediate(flush)
  }

  function flush(): void {
    armed = false
    for (const run of waiting.splice(0)) run()
    newest.clear()
  }

  function note(account: number, balance: number): void {
    newest.set(account, balance)
    arm()
  }

  /** A repeat answers what once was. */
  function noteAnswer({ account, at }: Command, answer: Placed | CashedOut | Cancelled): void {
    if (answer.at === at) note(account, answer.balance)
  }

  function noteAll(balances: readonly Pick<Win, 'account' | 'balance'>[]): void {
    for (const { account, balance } of balances) note(account, balance)
  }

  return {
    ledger: {
      ...ledger,
      place: (command, ...rest) => noted(ledger.place(command, ...rest), command),
      cancel: (command, ...rest) => noted(ledger.cancel(command, ...rest), command),
      cashOut: (command, ...rest) => noted(ledger.cashOut(command, ...rest), command),
      reach: (...given) => seen(ledger.reach(...given), noteAll),
      end: (...given) => seen(ledger.end(...given), ({ wins }) => noteAll(wins)),
      void: (...given) => seen(ledger.void(...given), noteAll),
      move: (...given) => seen(ledger.move(...given), (answer) => noteMove(answer)),
      rollback: (...given) => seen(ledger.rollback(...given), (answer) => noteMove(answer)),
    },
    balance(playerId, change) {
      waiting.push(() => {
        const account = accountOf(playerId)
        if (account === null) return
        const balance = newest.get(account) ?? change.balance
        tell(playerId, { ...change, balance })
      })
      arm()
    },
    told() {
      return new Promise((resolve) => {
        waiting.push(resolve)
        arm()
      })
    },
  }

  function noteMove({
    account,
    balance,
    amount,
  }: {
    account: number
    balance: number
    amount: number
  }) {
    if (amount !== 0) note(account, balance)
  }

  function noted<Answer extends Placed | CashedOut | Cancelled>(
    answer: Promise<Answer>,
    command: Command,
  ): Promise<Answer> {
    return seen(answer, (given) => noteAnswer(command, given))
  }
}

/** Looks at an answer before its caller does; answers of one commit are looked at in its order. */
function seen<Answer>(answer: Promise<Answer>, look: (answer: Answer) => void): Promise<Answer> {
  return answer.then((given) => {
    look(given)
    return given
  })
}
