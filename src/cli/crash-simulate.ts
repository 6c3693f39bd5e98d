import { createHash, randomBytes } from 'node:crypto'
import { Command, Option } from 'commander'
import { formatAmount } from '../core/money.ts'
import { crashPoint, outcomes, previousHash, waysAtLeast } from '../systems/crash/draw.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { counted } from './counted.ts'
import { configuredTerms, countOf, multiplierOf, rtpOf, times } from './crash-options.ts'

interface Options extends ConfigOption {
  readonly rounds: number
  readonly target: number
  readonly rtp?: number
  readonly seed?: string
  readonly json?: boolean
}

/** Rounds that take a second or two. */
const usual = 1_000_000

/** `fanfare crash simulate`: what a target returns, counted exactly and by playing. */
export function simulateCommand(): Command {
  return withConfig(new Command('simulate'))
    .description('Tell what a target returns to the player: counted exactly, and by playing rounds')
    .option('--rounds <n>', 'how many rounds are played', countOf(100_000_000), usual)
    .addOption(
      new Option('--target <multiplier>', 'where every bet is cashed out')
        .default(200, '2.00')
        .argParser(multiplierOf),
    )
    .option('--rtp <ratio>', 'return to player (else crash.rtp)', rtpOf)
    .option('--seed <text>', 'plays the same rounds again (else by chance)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare crash simulate --target 10.00 --rounds 1000000')
    .action(simulate)
}

async function simulate(options: Options): Promise<void> {
  const { config } = await load(options)
  const { cap, ...terms } = configuredTerms(config)
  const { rounds, target, rtp: rtpBps = terms.rtpBps } = options
  const seed = options.seed ?? randomBytes(8).toString('hex')
  const exact = exactReturn(target, { rtpBps, cap })
  const { won, highest, atOnce } = play({ seed, rounds, target, rtpBps, cap })
  const sample = (won * target) / 100 / rounds
  const interval = intervalOf(Number(exact), target / 100, rounds)
  if (options.json === true) {
    const told = { rounds, target: target / 100, rtpBps, seed, exact, won, sample, interval }
    return console.log(JSON.stringify({ ...told, highest: highest / 100, atOnce }))
  }
  const [low, high] = interval.map((bound) => bound.toFixed(6))
  const inside = sample >= interval[0] && sample <= interval[1]
  console.log(`Return at ${times(target)}, RTP ${formatAmount(rtpBps, 2)} %`)
  console.log(`  counted   ${exact} of each stake, over all 2^52 outcomes`)
  console.log(`  played    ${sample.toFixed(6)} in ${counted(rounds, 'round')}, ${won} of them won`)
  console.log(
    `  expected  ${low} to ${high} in 95 of 100 such runs${inside ? '' : '; not this one'}`,
  )
  console.log(`  highest   ${times(highest)}; at 1.00x at once: ${atOnce}`)
  console.log(`  seed      ${seed}`)
}

/** What a stake of 1 returns on average at a target, ten decimals, half up. */
function exactReturn(target: number, { rtpBps, cap }: { rtpBps: number; cap: number }): string {
  const ways = target > cap ? 0n : waysAtLeast(target, rtpBps)
  const returned = (2n * ways * BigInt(target) * 10n ** 8n + outcomes) / (2n * outcomes)
  return formatAmount(Number(returned), 10)
}

interface Played {
  readonly won: number
  readonly highest: number
  /** Rounds that crashed at 1.00. */
  readonly atOnce: number
}

/** Plays the rounds of a chain whose secret and salt come from the seed, from its end on: the order makes no difference here. */
function play(wish: {
  readonly seed: string
  readonly rounds: number
  readonly target: number
  readonly rtpBps: number
  readonly cap: number
}): Played {
  const { seed, rounds, target, rtpBps, cap } = wish
  let hash: Uint8Array = createHash('sha256').update(`${seed}:secret`).digest()
  const salt = createHash('sha256').update(`${seed}:salt`).digest('hex')
  let won = 0
  let highest = 100
  let atOnce = 0
  for (let round = 0; round < rounds; round++) {
    hash = previousHash(hash)
    const point = crashPoint(hash, salt, rtpBps, cap)
    if (point >= target) won++
    if (point > highest) highest = point
    if (point === 100) atOnce++
  }
  return { won, highest, atOnce }
}

/** Where the mean of `rounds` bets lies in 95 of 100 runs; `target` as a ratio. */
function intervalOf(rtp: number, target: number, rounds: number): [low: number, high: number] {
  const margin = 1.959964 * Math.sqrt(Math.max(0, target * rtp - rtp ** 2) / rounds)
  return [rtp - margin, rtp + margin]
}
