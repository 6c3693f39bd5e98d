import { errorCodes, Refusal, type ErrorCode } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import { formatAmount } from '../../core/money.ts'
import type { Codec } from '../../core/protocol.ts'

/** The name under which the text `0` is read: some clients send it as their heartbeat and wait for `1`. */
export const heartbeat = '0'

/** Longest id of a message, which is also the key that makes the repeat of a money command harmless (R30). */
const longestId = 128

/** Other names that clients have for the same (R2): with and without `CRASH_` before all of them. */
const aliases: Readonly<Record<string, string>> = { BET: 'PLACE_BET', LOGIN: 'AUTH' }

/** The codes that clients know (K19), and the one for frames that are none (R16). */
const known: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INVALID_REQUEST',
  'UNAUTHORIZED',
  'INSUFFICIENT_BALANCE',
  'INVALID_AMOUNT',
  'INVALID_PHASE',
  'BET_NOT_FOUND',
  'ALREADY_CASHED_OUT',
  'ROUND_ENDED',
  'MAX_BETS_EXCEEDED',
  'INVALID_MULTIPLIER',
  'RATE_LIMITED',
  'INTERNAL_ERROR',
])

/** Frames of this system (K2): `{i, t, p}` both ways. What commands return is the JSON text of `p`; the body of a message is its whole frame. */
export function createCodec({ decimals }: { readonly decimals: number }): Codec {
  return {
    decode(frame) {
      if (frame === heartbeat) return { id: null, name: heartbeat, data: null }
      const parsed = parseJson(frame, [], 'BAD_FRAME')
      if (typeof parsed !== 'object' || parsed === null) throw badFrame('')
      const { i, t, p } = parsed as { i?: unknown; t?: unknown; p?: unknown }
      const id = typeof i === 'string' && i.length <= longestId && i.isWellFormed() ? i : ''
      if (id === '' || typeof t !== 'string') throw badFrame(id)
      return { id, name: nameOf(t), data: p ?? {} }
    },
    message: ({ body }) => body,
    reply: ({ id, name }, payload) =>
      name === heartbeat ? '1' : frame(id ?? '', responseOf(name), payload as string),
    refusal(refusal, request, at) {
      const { code, details } = worded(refusal, decimals)
      const { frameId = '', ...told } = details as Record<string, unknown>
      const id = request?.id ?? String(frameId)
      const payload = { code, message: refusal.message, details: told, timestamp: at }
      return frame(id, 'ERROR', JSON.stringify(payload))
    },
  }
}

/** A frame; `payload` is JSON text. */
export function frame(id: string, type: string, payload: string): string {
  return `{"i":${JSON.stringify(id)},"t":"${type}","p":${payload}}`
}

/** Everything that clients may call a command: with and without `CRASH_`, and by its aliases (R2). */
export function namesOf(command: string): readonly string[] {
  const others = Object.keys(aliases).filter((alias) => aliases[alias] === command)
  return [command, ...others].flatMap((name) => [name, `CRASH_${name}`])
}

function nameOf(type: string): string {
  const name = type.startsWith('CRASH_') ? type.slice('CRASH_'.length) : type
  // A frame of that name is no heartbeat: its sender waits for an answer with its id.
  if (name === heartbeat) return ''
  return Object.hasOwn(aliases, name) ? aliases[name]! : name
}

function responseOf(name: string): string {
  return name === 'PING' ? 'PONG' : `${name}_RESPONSE`
}

/** The id is told back where it could be read. */
function badFrame(frameId: string): Refusal {
  return new Refusal('BAD_FRAME', 'Expected {"i": …, "t": …, "p": …}', { frameId })
}

/** A refusal in the codes that clients know (R16, R28): of others those that a client can mend are INVALID_REQUEST, the rest INTERNAL_ERROR with its `cause`. */
function worded(
  refusal: Refusal,
  decimals: number,
): { readonly code: ErrorCode; readonly details: Readonly<Record<string, unknown>> } {
  const { code, status } = refusal
  const told = detailsOf(refusal, decimals)
  if (known.has(code)) return { code, details: { ...told, httpStatus: errorCodes[code] } }
  if (status < 500) return { code: 'INVALID_REQUEST', details: { ...told, httpStatus: 400 } }
  return { code: 'INTERNAL_ERROR', details: { ...told, cause: code, httpStatus: 500 } }
}

/** The details of a refusal as an object: faults of fields stand under `fields`, sums of money as decimal strings (K18). */
export function detailsOf(
  { details }: Pick<Refusal, 'details'>,
  decimals: number,
): Readonly<Record<string, unknown>> {
  if (details === undefined) return {}
  if (Array.isArray(details)) return { fields: details }
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      key,
      sums.has(key) && typeof value === 'number' ? formatAmount(value, decimals) : value,
    ]),
  )
}

/** Details that are sums in minor units. */
const sums: ReadonlySet<string> = new Set(['required', 'available', 'staked'])
