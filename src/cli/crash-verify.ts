import { Command } from 'commander'
import * as v from 'valibot'
import { formatAmount } from '../core/money.ts'
import { longest } from '../systems/crash/chain.ts'
import { highestCap } from '../systems/crash/chains.ts'
import { crashPoint, parseHash, previousHash } from '../systems/crash/draw.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { configuredTerms, multiplierOf, rtpOf, times } from './crash-options.ts'
import { publicRound } from './crash-rounds.ts'
import { Failure } from './failure.ts'

interface Options extends ConfigOption {
  readonly url?: string
  readonly salt?: string
  readonly rtp?: number
  readonly cap?: number
  readonly json?: boolean
}

/** `fanfare crash verify ROUND|HASH`: computes a crash point again. */
export function verifyCommand(): Command {
  return withConfig(new Command('verify'))
    .description('Compute a crash point again; exit 1 when a round comes out otherwise')
    .argument('<round>', 'id of a round, or a game hash of 64 hex digits')
    .option('--url <url>', 'server that tells of the round (else the data folder)')
    .option('--salt <value>', 'salt (else that of the round; needed with a hash)')
    .option('--rtp <ratio>', 'return to player (else that of the round, or crash.rtp)', rtpOf)
    .option('--cap <multiplier>', 'highest point (else that of the round)', multiplierOf)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  fanfare crash verify 2026010200000001 --url http://127.0.0.1:8080\n  fanfare crash verify 0994344caec91863cb5e88a39fc08b47303791beb3e5a9e119dd9227028e8569 --salt 0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c --rtp 0.97',
    )
    .action(verify)
}

async function verify(asked: string, options: Options): Promise<void> {
  const hash = parseHash(asked)
  if (hash !== null) return verifyHash(hash, options)
  if (!/^[1-9]\d{0,15}$/.test(asked)) {
    throw new Failure(2, `Expected the id of a round or a hash of 64 hex digits, got "${asked}"`)
  }
  const verdict = judge(v.parse(Round, JSON.parse(await publicRound(asked, options))), options)
  if (options.json === true) console.log(JSON.stringify(verdict))
  else console.log(readable(verdict))
  if (!verdict.ok) throw new Failure(1, `Round ${asked} does not recompute`)
}

async function verifyHash(hash: Uint8Array, options: Options): Promise<void> {
  const { salt, json } = options
  if (salt === undefined) throw new Failure(2, 'A hash alone gives no point: give --salt')
  const { config } = await load(options)
  const rtpBps = options.rtp ?? configuredTerms(config).rtpBps
  const point = crashPoint(hash, salt, rtpBps, options.cap ?? highestCap)
  const before = hex(previousHash(hash))
  if (json === true) {
    return console.log(JSON.stringify({ crashPoint: point / 100, previousHash: before, rtpBps }))
  }
  console.log(`${times(point)} with RTP ${formatAmount(rtpBps, 2)} %; the hash before is ${before}`)
}

/** A round as servers tell it (`GET /api/crash/rounds/{id}`), where it concerns the proof. */
const Round = v.object({
  roundId: v.string(),
  status: v.picklist(['running', 'ended', 'void']),
  crashPoint: v.nullable(v.number()),
  hash: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  roundIndex: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(longest))),
  source: v.picklist(['chain', 'scenario']),
  fairness: v.nullable(
    v.object({
      commitment: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
      rtpBps: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(10_000)),
      cap: v.pipe(v.number(), v.minValue(1), v.maxValue(highestCap / 100)),
      salt: v.nullable(v.string()),
      saltSource: v.string(),
    }),
  ),
})

/** What computing a round again came to; points as ratios. */
interface Verdict {
  readonly ok: boolean
  readonly roundId: string
  /** What the round says; null when it was void. */
  readonly crashPoint: number | null
  readonly recomputed: number
  readonly rtpBps: number
  readonly salt: string
  readonly saltSource: string
  readonly hash: string
  readonly commitment: string
  /** Whether the hash leads back to the commitment in `roundIndex` steps. */
  readonly chained: boolean
}

function judge(round: v.InferOutput<typeof Round>, options: Options): Verdict {
  const { roundId, status, hash, roundIndex, source, fairness } = round
  if (status === 'running') throw new Failure(1, `Round ${roundId} is not over`)
  if (source === 'scenario')
    throw new Failure(1, `Round ${roundId} is of a scenario, not of chance`)
  const salt = options.salt ?? fairness?.salt
  if (hash === null || roundIndex === null || fairness === null || typeof salt !== 'string') {
    throw new Failure(1, `Round ${roundId} comes without its proof`)
  }
  const rtpBps = options.rtp ?? fairness.rtpBps
  const cap = options.cap ?? Math.round(fairness.cap * 100)
  const recomputed = crashPoint(parseHash(hash)!, salt, rtpBps, cap) / 100
  const { commitment, saltSource } = fairness
  const chained = leadsBack(hash, roundIndex, commitment)
  const right = status === 'void' || round.crashPoint === recomputed
  const { crashPoint: told } = round
  const proof = { rtpBps, salt, saltSource, hash, commitment, chained }
  return { ok: right && chained, roundId, crashPoint: told, recomputed, ...proof }
}

function leadsBack(hash: string, steps: number, commitment: string): boolean {
  let at = parseHash(hash)!
  for (let step = 0; step < steps; step++) at = previousHash(at)
  return hex(at) === commitment
}

function readable(verdict: Verdict): string {
  const { roundId, crashPoint: told, recomputed, rtpBps, salt, saltSource, chained } = verdict
  const said = told === null ? 'was void' : `crashed at ${told.toFixed(2)}x`
  return [
    `Round ${roundId} ${said}`,
    `  hash        ${verdict.hash}`,
    `  salt        ${salt} (${saltSource})`,
    `  point       ${recomputed.toFixed(2)}x with RTP ${formatAmount(rtpBps, 2)} %`,
    `  commitment  ${verdict.commitment}, ${chained ? 'which the hash leads back to' : 'which the hash does NOT lead back to'}`,
  ].join('\n')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
