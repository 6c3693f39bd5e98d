import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { readBytes } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import type { SaltSource } from './salt-source.ts'

/** How the beacon is asked. */
export interface DrandOptions {
  /** Address of a relay, without the network's hash. */
  readonly url: string
  readonly clock: Clock
}

/** The network "quicknet" of the League of Entropy: a round every 3 s, each signed by many parties together. */
export const quicknet = {
  hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  genesis: 1_692_803_367_000,
  period: 3_000,
} as const

/** How many rounds after the newest one a commitment names: two minutes, in which nobody can know the salt. */
export const roundsAhead = 40

const mostApart = 86_400_000 / quicknet.period
const answerMs = 5_000
/** Of an answer; a usual one has 300 bytes. */
const mostBytes = 8_192

const transfer = {
  // What leads elsewhere is no answer of the beacon.
  redirect: 'manual',
  keepalive: false,
  // What unpacks to a gigabyte could not be refused in time.
  decompress: false,
  headers: { 'accept-encoding': 'identity' },
} as const

const Hex = v.pipe(v.string(), v.regex(/^([0-9a-f]{2}){32,128}$/))
const Round = v.object({
  round: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  randomness: v.pipe(Hex, v.length(64)),
  signature: Hex,
})

/** Salts from a public beacon: the commitment names a round that is not out yet, and its randomness is the salt. Whoever doubts a relay asks another one for the same round. */
export function drand({ url, clock }: DrandOptions): SaltSource {
  const base = url.replace(/\/+$/, '')
  const ask = (network: string, round: number | 'latest') =>
    fetchRound(`${base}/${network}/public/${round}`, clock)
  return {
    kind: 'drand',
    async promise() {
      // The beacon's own word for what is out: a clock that is slow must not name a known round.
      const { round } = await ask(quicknet.hash, 'latest')
      const here = roundAt(clock.now())
      // A chain that waits for a round of the next century would never be played.
      if (round > here + mostApart) throw new Error('drand: its clock and ours are a day apart')
      const newest = Math.max(round, here)
      return `drand:${quicknet.hash}:${newest + roundsAhead}`
    },
    async saltOf({ saltSource }) {
      const { network, round } = promised(saltSource)
      if (clock.now() < outAt(round)) return null
      const found = await ask(network, round)
      if (found.round === round) return found.randomness
      throw new Error(`drand: asked for round ${round}, got ${found.round}`)
    },
    waiting: ({ id, saltSource }) =>
      `Chain ${id} waits for round ${promised(saltSource).round} of the beacon drand`,
  }
}

function promised(saltSource: string): { readonly network: string; readonly round: number } {
  const [, network = '', round = ''] = saltSource.split(':')
  return { network, round: Number(round) }
}

/** The newest round at `now` (epoch ms). */
function roundAt(now: number): number {
  return Math.max(1, Math.floor((now - quicknet.genesis) / quicknet.period) + 1)
}

/** When a round comes out, epoch ms. */
function outAt(round: number): number {
  return quicknet.genesis + (round - 1) * quicknet.period
}

async function fetchRound(url: string, clock: Clock): Promise<v.InferOutput<typeof Round>> {
  const giving = new AbortController()
  const stop = clock.after(answerMs, () => giving.abort(new Error('drand: no answer within 5 s')))
  try {
    const answer = await fetch(url, { ...transfer, signal: giving.signal })
    if (answer.status !== 200) throw new Error(`drand: status ${answer.status}`)
    return read(await readBytes(answer, mostBytes))
  } catch (error) {
    throw named(error)
  } finally {
    stop()
    giving.abort()
  }
}

/** What the network says, as one word behind the name of who is meant: operators read it in /readyz. */
function named(error: unknown): unknown {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? new Error(`drand: ${code}`) : error
}

/** A round whose randomness is that of its signature; the signature itself is for those to check who have the network's key. */
function read(bytes: Buffer | null): v.InferOutput<typeof Round> {
  const parsed = v.safeParse(Round, bytes === null ? null : parsedOf(bytes.toString()))
  if (!parsed.success) throw new Error('drand: an answer that makes no sense')
  const { signature, randomness } = parsed.output
  const hash = createHash('sha256').update(Buffer.from(signature, 'hex')).digest('hex')
  if (hash === randomness) return parsed.output
  throw new Error('drand: a randomness that is not that of its signature')
}

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
