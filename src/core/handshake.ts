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
      wellFormed(request)
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

/** RFC 6455 section 4.2.1, before anybody is asked who the client is. Bun minds neither a missing `Connection: Upgrade` nor a body, whose bytes it would read as frames. */
function wellFormed({ method, headers }: Request): void {
  if (!isHost(headers.get('host') ?? '')) throw malformed('The Host header is malformed')
  if (method !== 'GET') throw malformed('A WebSocket handshake is a GET')
  if (!names(headers.get('connection'), 'upgrade')) {
    throw malformed('A WebSocket handshake needs "Connection: Upgrade"')
  }
  if (headers.get('sec-websocket-version') !== '13') {
    throw new Refusal('UPGRADE_REQUIRED', 'This server speaks WebSocket version 13')
  }
  if (!keyPattern.test(headers.get('sec-websocket-key') ?? '')) {
    throw malformed('A WebSocket handshake needs one "Sec-WebSocket-Key" of 16 bytes in Base64')
  }
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0') {
    throw malformed('A WebSocket handshake has no body')
  }
}

/** Two of them come as one, joined by a comma, and do not fit either. */
const keyPattern = /^[A-Za-z0-9+/]{22}==$/

function malformed(message: string): Refusal {
  return new Refusal('INVALID_REQUEST', message)
}

/** Whether a header that is a list of names holds one, in whatever case it is written. */
export function names(list: string | null, name: string): boolean {
  if (list === null) return false
  const lower = list.toLowerCase()
  return lower === name || lower.split(',').some((one) => one.trim() === name)
}
