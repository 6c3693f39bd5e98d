import { createHmac } from 'node:crypto'
import type { Codec } from '../../core/protocol.ts'
import type { Host } from '../../system.ts'
import { createBroadcast, type Broadcast } from './broadcast.ts'
import { createCodec } from './codec.ts'
import { direct, slowLine, type Line } from './latency.ts'
import type { CrashOptions } from './options.ts'
import { createWriting, type Writing } from './writing.ts'

/** How the game speaks with its clients. */
export interface Speech {
  readonly codec: Codec
  readonly writing: Writing
  readonly broadcast: Broadcast
  /** What clients send, and what they are sent. */
  readonly inward: Line
  readonly outward: Line
  /** Whether frames take their time (K31). */
  readonly slow: boolean
}

/** The speech of a deployment: decimals, currency, aliases, and the network that a scenario simulates. */
export function createSpeech({ hub, clock }: Host, options: CrashOptions): Speech {
  const { currency, limits, scenario, random, secret } = options
  const { decimals, maxProfit } = limits
  const slow = scenario?.kind === 'latency'
  const line = () => (slow ? slowLine(scenario, { clock, random }) : direct)
  const [inward, outward] = [line(), line()]
  const writing = createWriting({ decimals, alias, maxProfit })
  const channels = hub.channels('crash')
  const broadcast = createBroadcast({ channels, clock, writing, currency, line: outward })
  return { codec: createCodec({ decimals }), writing, broadcast, inward, outward, slow }

  /** Holds until the server restarts. */
  function alias(account: number): string {
    const digest = createHmac('sha256', secret).update(String(account)).digest('hex')
    return `anon-${digest.slice(0, 12)}`
  }
}
