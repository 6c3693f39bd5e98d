import { closeCodes, errorCodes, type CloseReason, type ErrorCode } from '../core/errors.ts'
import type { Meanings } from '../core/wire.ts'
import type { ToldWire } from './told-wire.ts'
import type { Command, Protocol } from '../core/protocol.ts'

/** A refusal as documents tell it. */
export interface ToldRefusal {
  readonly code: ErrorCode
  readonly meaning: string
}

/** A close code as documents tell it. */
export interface ToldClose {
  readonly code: number
  readonly reason: string
  readonly meaning: string
  /** Whether a client should come back by itself. */
  readonly reconnect: boolean
}

const handshake: Meanings<ErrorCode> = {
  INVALID_REQUEST: 'This is no WebSocket handshake',
  ORIGIN_REFUSED: 'A browser from an origin that may not connect',
  UPGRADE_REQUIRED: 'A plain request',
  RATE_LIMITED: 'Too many handshakes from one address; `Retry-After` says when',
  TOO_MANY_CONNECTIONS: 'Too many connections from one address; `Retry-After` says when',
  INTERNAL_ERROR: 'A fault of the server',
  OVERLOADED: 'The server is full, or cannot judge tokens now: later',
  RESTARTING: 'The server is about to restart: at once, elsewhere',
}
const withToken: Meanings<ErrorCode> = {
  UNAUTHORIZED: 'No token, or one that does not hold; it is never said why',
  NOT_CONFIGURED: 'The server has no key for tokens',
}

/** Refusals of a handshake, by status: HTTP answers before any upgrade. */
export function handshakeRefusals(wire: ToldWire): readonly (ToldRefusal & { status: number })[] {
  const all = { ...handshake, ...(wire.credentials.length > 0 && withToken), ...wire.handshake }
  return refusalsOf(all)
    .map((one) => ({ status: errorCodes[one.code], ...one }))
    .sort((one, other) => one.status - other.status)
}

/** Refusals of a frame. */
export function refusalsOf(meanings: Meanings<ErrorCode>): readonly ToldRefusal[] {
  return Object.entries(meanings).map(([code, meaning]) => ({ code: code as ErrorCode, meaning }))
}

const closes: Meanings<CloseReason> = {
  normal: 'The client says goodbye',
  goingAway: 'The page or the app of the client goes away',
  tooBig: 'A frame that is too large',
  restarting: 'The server restarts',
  overloaded: 'Read too slowly, or the server could not go on with it',
  badFrame: 'Binary, nested deeper than 32 levels, or ten bad frames within a minute',
  unauthorized: 'The token has expired: come back with a new one',
  forbidden: 'Ended by an operator',
  heartbeat: 'No sign of life for too long',
  flood: 'Too many frames, or large ones after refusals: come back later',
}

/** What the listener closes with by itself, whatever the system. */
const ofListeners: readonly ToldClose[] = [
  { code: 1002, reason: '', meaning: 'No WebSocket frames (RFC 6455)', reconnect: false },
  { code: 1007, reason: '', meaning: 'Text that is no UTF-8', reconnect: false },
]

/** What connections of a system are closed with, by code. */
export function closesOf(wire: ToldWire): readonly ToldClose[] {
  const ofSystem = Object.entries({ ...closes, ...wire.closes }).flatMap(([name, meaning]) => {
    const { code, reason, reconnect } = closeCodes[name as CloseReason]
    return meaning === null ? [] : [{ code, reason, meaning, reconnect }]
  })
  return [...ofListeners, ...ofSystem].sort((one, other) => one.code - other.code)
}

/** The rate that a command counts for. */
export function rateOf({ rate }: Command<any>, rates: Protocol<any>['rates']): string {
  return Object.hasOwn(rates, rate) ? rate : 'other'
}

/** What a client has to know beside its frames, as Markdown. */
export function textOf(wire: ToldWire, system: Protocol<any>, maxFrame: number): string {
  const { timeout, ping } = system.heartbeat
  const alive = wire.alive.replace('{interval}', seconds(ping?.interval ?? 0))
  const parts = [
    wire.about,
    '## Connecting',
    `A refused handshake is an HTTP answer, before any upgrade: \`${wire.refused}\`. Browsers do not show it; they see close code 1006.`,
    table(
      ['status', 'code', 'why'],
      handshakeRefusals(wire).map(({ status, code, meaning }) => [status, `\`${code}\``, meaning]),
    ),
    `There is no subprotocol. ${system.compression ? 'Long frames are deflated for clients that offer `permessage-deflate`.' : 'No frame is deflated.'}`,
    ...refusalText(wire),
    '## Rates',
    rateText(system, maxFrame),
    '## Staying alive',
    `${alive} After ${seconds(timeout)} without a sign of life the connection is closed with 4408; that is looked at once a second.`,
    '## Close codes',
    table(
      ['code', 'why', 'come back by itself?'],
      closesOf(wire).map(({ code, meaning, reconnect }) => [
        code,
        meaning,
        reconnect ? 'yes' : 'no',
      ]),
    ),
    'Wait a random time that grows with each failure before coming back. Ignore frames and fields that are not told of here.',
  ]
  return parts.join('\n\n')
}

function rateText({ commands, rates, ...system }: Protocol<any>, maxFrame: number): string {
  const size = Math.min(system.maxFrame ?? maxFrame, maxFrame)
  const rows = Object.entries(rates).map(([name, { perSecond, burst }]) => {
    const named = [...commands].filter(([, command]) => rateOf(command, rates) === name)
    const list = named.map(([command]) => `\`${command}\``).join(', ')
    return [list + (name === 'other' ? ' and all else' : ''), perSecond, burst]
  })
  return `Over all connections of a user; without one, of a connection. Refused frames count, and large ones more than once. A frame has at most ${size} bytes.\n\n${table(['what', 'a second', 'at once'], rows)}`
}

function refusalText({ refusal }: ToldWire): readonly string[] {
  if (refusal === null) return []
  const rows = refusalsOf(refusal.codes).map(({ code, meaning }) => [`\`${code}\``, meaning])
  return [
    '## Refusals',
    `A frame that is refused is answered with \`${refusal.frame}\`.`,
    table(['code', 'what it means'], rows),
  ]
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`
}

function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
