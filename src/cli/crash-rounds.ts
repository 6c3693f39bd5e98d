import { Command } from 'commander'
import { formatAmount } from '../core/money.ts'
import { pastRounds } from '../storage/sqlite/crash.ts'
import { listChains } from '../storage/sqlite/crash-chains.ts'
import { roundDetailText, roundsText } from '../systems/crash/fair-answers.ts'
import type { PastRound } from '../systems/crash/ledger.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { counted } from './counted.ts'
import { countOf, ledgerToRead, times } from './crash-options.ts'
import { Failure } from './failure.ts'
import { reach, refusalLine } from './remote.ts'

interface Options extends ConfigOption {
  readonly limit: number
  readonly json?: boolean
}

/** `fanfare crash rounds`: the newest rounds of the data folder. */
export function roundsCommand(): Command {
  return withConfig(new Command('rounds'))
    .description('List rounds, newest first; one that runs shows neither its point nor its hash')
    .option('--limit <n>', 'at most so many', countOf(10_000), 20)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare crash rounds --limit 5')
    .action(rounds)
}

async function rounds(options: Options): Promise<void> {
  using db = await ledgerToRead(options)
  const found = pastRounds(db, 'true ORDER BY id DESC LIMIT ?', [options.limit])
  if (options.json === true) return console.log(roundsText(found))
  for (const round of found) console.log(line(round))
}

function line({ round, status, crash, hash, bets, startedAt }: PastRound): string {
  const state = status === 'open' ? 'running' : status
  const point = crash === null ? '' : times(crash)
  const begun = new Date(startedAt).toISOString()
  const placed = counted(bets, 'bet')
  return `${round}  ${begun}  ${state.padEnd(7)}  ${point.padStart(11)}  ${placed}  ${hash ?? ''}`.trimEnd()
}

/** A round as servers tell it in JSON: asked of a server, or read from the data folder. A Failure when there is none. */
export async function publicRound(
  id: string,
  options: ConfigOption & { readonly url?: string },
): Promise<string> {
  if (options.url !== undefined) return askedRound(id, options.url)
  const { crash } = (await load(options)).config
  using db = await ledgerToRead(options)
  const [round] = pastRounds(db, 'id = ?', [Number(id)])
  if (round === undefined) throw new Failure(1, `No round "${id}"`)
  const chain = listChains(db).find((one) => one.id === round.chain) ?? null
  return roundDetailText(round, chain, {
    money: (minor) => `"${formatAmount(minor, crash.decimals)}"`,
  })
}

async function askedRound(id: string, base: string): Promise<string> {
  if (!URL.canParse(base) || !/^https?:\/\//.test(base)) {
    throw new Failure(
      2,
      `Expected the address of a server such as "http://127.0.0.1:8080", got "${base}"`,
    )
  }
  const answer = await reach(new URL(`/api/crash/rounds/${id}`, base), {})
  const text = await answer.text()
  if (answer.ok) return text
  throw new Failure(1, refusalLine(answer.status, text))
}
