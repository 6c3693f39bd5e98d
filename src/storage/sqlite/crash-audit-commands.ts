import type { Database } from 'bun:sqlite'
import type { CashedOut, Cancelled, Placed } from '../../systems/crash/ledger.ts'
import type { Report } from './crash-audit.ts'
import type { BetRow, Claim } from './crash-audit-bets.ts'
import { differ } from './crash-audit-transfers.ts'

interface CommandRow {
  readonly id: number
  readonly account: number
  readonly answer: string
  readonly at: number
}

/** What an answer says of one bet. */
interface Said {
  readonly as: 'placed' | 'ended'
  readonly bet: number
  readonly row: Partial<BetRow>
}

/** Compares the answers that are kept with the bets they speak of: each was placed, and ended, by one answer at most. */
export function auditCommands(db: Database, claim: Claim, report: Report): void {
  const rows = db
    .query<CommandRow, []>('SELECT id, account, answer, at FROM command ORDER BY id')
    .iterate()
  for (const command of rows) {
    const fault = (text: string) => report(`command ${command.id}`, text)
    const said = saidBy(command)
    if (said === null) fault('Expected an answer that can be read')
    for (const one of said ?? []) {
      const found = claim(one.bet, one.as)
      if (found === null) fault(`Expected a bet ${one.bet}, found none`)
      else if (found.again) fault(`Expected no other answer by which bet ${one.bet} was ${one.as}`)
      else differ(found.bet, one.row, (text) => fault(`Of bet ${one.bet}: ${text}`))
    }
  }
}

/** What the answer to a command says of bets; null when it is none. */
function saidBy({ account, answer: text, at }: CommandRow): readonly Said[] | null {
  try {
    const answer: Placed | Cancelled | CashedOut = JSON.parse(text)
    if (answer.at !== at) return null
    if ('wins' in answer) return answer.wins.map((win) => wonBy(win, account, at))
    if ('refund' in answer) return answer.bets.map((_, index) => givenBack(answer, index, account))
    return answer.bets.map((bet) => placedBy(bet, answer, account))
  } catch {
    return null
  }
}

function wonBy(
  { bet, slot, amount, multiplier, payout }: CashedOut['wins'][number],
  account: number,
  endedAt: number,
): Said {
  const row = { account, slot, amount, status: 'won', multiplier, payout, endedAt } as const
  return { as: 'ended', bet, row }
}

function givenBack({ bets, slots, at }: Cancelled, index: number, account: number): Said {
  const row = { account, slot: slots[index]!, status: 'cancelled', endedAt: at } as const
  return { as: 'ended', bet: bets[index]!, row }
}

function placedBy(
  { id, slot, amount, target }: Placed['bets'][number],
  { round, at }: Placed,
  account: number,
): Said {
  const row = { account, slot, amount, target, at, ...(round !== null && { round }) }
  return { as: 'placed', bet: id, row }
}
