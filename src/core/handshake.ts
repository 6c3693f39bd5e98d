import { limitKey } from './address.ts'
import { Refusal, wantsLater } from './errors.ts'
import type { Limiter, Rate } from './limiter.ts'

/** What a handshake is measured against, before any token is looked at. */
export interface DoorLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  readonly handshakesPerIpPerMinute: number
  /** Exact Origins that browsers may come from; empty: any. */
  readonly origins: readonly string[]
  /** Loopback addresses are not counted (development). */
  readonly loopbackExempt: boolean
}

/** Counts who stands in the doorway: connections by address, handshakes by minute. */
export interface Door {
  /** Refuses a handshake that does not ask rightly (400, 426), comes from elsewhere (403) or is too many (429, 503). */
  check(request: Request, address: string): void
  /** Counts a handshake or connection in, and out again when it is refused or gone. */
  enter(address: string): void
  exit(address: string): void
  /** From now on every handshake is refused with 503. */
  shut(): void
}

/** An open door with nobody inside; `exempt` addresses are not counted by address. */
export function createDoor(
  limits: DoorLimits,
  limiter: Limiter,
  exempt: (address: string) => boolean,
): Door {
  const byAddress = new Map<string, number>()
  const rate: Rate = {
    perSecond: limits.handshakesPerIpPerMinute / 60,
    burst: limits.handshakesPerIpPerMinute,
  }
  let inside = 0
  let open = true

  function count(key: string): void {
    const wait = limiter.take(`handshake:${key}`, rate)
    if (wait > 0) throw wantsLater('RATE_LIMITED', 'Too many handshakes', wait)
    if ((byAddress.get(key) ?? 0) >= limits.maxConnectionsPerIp) {
      throw wantsLater('TOO_MANY_CONNECTIONS', 'Too many connections from this address', 5_000)
    }
  }

  return {
    shut: () => void (open = false),
    check(request, address) {
      if (!open) throw wantsLater('RESTARTING', 'The server is restarting', 1_000)
      wellFormed(request.headers)
      const origin = request.headers.get('origin')
      if (origin !== null && limits.origins.length > 0 && !limits.origins.includes(origin)) {
        throw new Refusal('ORIGIN_REFUSED', 'Origin not allowed')
      }
      if (!exempt(address)) count(limitKey(address))
      if (inside >= limits.maxConnections) {
        throw wantsLater('OVERLOADED', 'Too many connections', 5_000)
      }
    },
    enter(address) {
      const key = limitKey(address)
      inside++
      byAddress.set(key, (byAddress.get(key) ?? 0) + 1)
    },
    exit(address) {
      const key = limitKey(address)
      inside--
      const left = (byAddress.get(key) ?? 1) - 1
      if (left > 0) byAddress.set(key, left)
      else byAddress.delete(key)
    },
  }
}

/** Whether a Host header can be one; of others Bun makes an address that is only a path. */
export function isHost(text: string): boolean {
  return hostPattern.test(text)
}

const hostPattern = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(:\d{1,5})?$/

/** RFC 6455 section 4.2.1: Bun lets a handshake without `Connection: Upgrade` through; we do not. */
function wellFormed(headers: Headers): void {
  if (!isHost(headers.get('host') ?? '')) {
    throw new Refusal('INVALID_REQUEST', 'The Host header is malformed')
  }
  const connection = headers.get('connection')?.toLowerCase() ?? ''
  if (!connection.split(',').some((token) => token.trim() === 'upgrade')) {
    throw new Refusal('INVALID_REQUEST', 'A WebSocket handshake needs "Connection: Upgrade"')
  }
  if (headers.get('sec-websocket-version') !== '13') {
    throw new Refusal('UPGRADE_REQUIRED', 'This server speaks WebSocket version 13')
  }
}
