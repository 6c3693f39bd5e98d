/** Every error code a client can meet, with its HTTP status. */
export const errorCodes = {
  INVALID_REQUEST: 400,
  BAD_FRAME: 400,
  UNKNOWN_COMMAND: 400,
  UNKNOWN_RESOURCE: 400,
  INVALID_PARAMS: 400,
  INVALID_TOPIC: 400,
  INVALID_AMOUNT: 400,
  INSUFFICIENT_BALANCE: 400,
  INVALID_PHASE: 400,
  ALREADY_CASHED_OUT: 400,
  ROUND_ENDED: 400,
  MAX_BETS_EXCEEDED: 400,
  INVALID_MULTIPLIER: 400,
  UNAUTHORIZED: 401,
  DAPI_KEY_UNKNOWN: 401,
  DAPI_TIMESTAMP_EXPIRED: 401,
  DAPI_NONCE_USED: 401,
  DAPI_SIGN_INVALID: 401,
  FORBIDDEN: 403,
  ORIGIN_REFUSED: 403,
  RIDER_OFFLINE: 403,
  NOT_FOUND: 404,
  BET_NOT_FOUND: 404,
  CHANNEL_NOT_FOUND: 404,
  DATA_NOT_FOUND: 404,
  CONFLICT: 409,
  TX_CONFLICT: 409,
  TX_ROLLED_BACK: 409,
  IDEMPOTENCY_CONFLICT: 409,
  CHANNEL_EXPIRED: 410,
  HISTORY_GONE: 410,
  PAYLOAD_TOO_LARGE: 413,
  UPGRADE_REQUIRED: 426,
  RATE_LIMITED: 429,
  TOO_MANY_CONNECTIONS: 429,
  TOO_MANY_SUBSCRIPTIONS: 429,
  INTERNAL_ERROR: 500,
  UPSTREAM_UNAVAILABLE: 502,
  NOT_CONFIGURED: 503,
  OVERLOADED: 503,
  RESTARTING: 503,
  STORE_UNAVAILABLE: 503,
} as const satisfies Record<string, number>

/** One of them. */
export type ErrorCode = keyof typeof errorCodes

/** Every close code we send, its reason text and whether a client should come back by itself; before them the two with which clients say goodbye. */
export const closeCodes = {
  normal: { code: 1000, reason: 'bye', reconnect: false },
  goingAway: { code: 1001, reason: 'going away', reconnect: true },
  tooBig: { code: 1009, reason: 'frame too big', reconnect: false },
  restarting: { code: 1012, reason: 'restarting', reconnect: true },
  overloaded: { code: 1013, reason: 'overloaded or too slow', reconnect: true },
  badFrame: { code: 4400, reason: 'bad frame', reconnect: false },
  unauthorized: { code: 4401, reason: 'token missing, invalid or expired', reconnect: false },
  forbidden: { code: 4403, reason: 'not allowed', reconnect: false },
  gone: { code: 4404, reason: 'channel expired', reconnect: false },
  heartbeat: { code: 4408, reason: 'heartbeat timeout', reconnect: true },
  replaced: { code: 4409, reason: 'replaced by a newer connection', reconnect: false },
  flood: { code: 4429, reason: 'too many requests', reconnect: true },
} as const

/** Why a connection is closed: one of them. */
export type CloseReason = keyof typeof closeCodes

/** What else the refused party is told: limits, field faults, ms to wait. Plain JSON values only. */
export type Details = Record<string, unknown> | readonly { path: string; message: string }[]

/** An expected "no": it goes to the client with its code. Anything else that is thrown is a bug. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: Details,
    /** The HTTP status; that of the code where nothing else fits better. */
    readonly status: number = errorCodes[code],
  ) {
    super(message)
  }
}

/** What is told of whatever was thrown: the refusal itself, or of a bug nothing but that there is one. */
export function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal('INTERNAL_ERROR', 'Internal error')
}

/** The refusal of one field, named by its path in message and details. */
export function fieldRefusal(code: ErrorCode, path: string, message: string): Refusal {
  return new Refusal(code, `${path}: ${message}`, [{ path, message }])
}

/** A refusal of what may be asked again after `wait` ms. */
export function wantsLater(code: ErrorCode, message: string, wait: number): Refusal {
  return new Refusal(code, message, { retryAfterMs: Math.ceil(wait) })
}

/** The body of every refusal over HTTP, with Retry-After where waiting helps. */
export function refusalResponse(refusal: Refusal): Response {
  const { code, message, details, status } = refusal
  const headers = new Headers()
  const wait = details !== undefined && 'retryAfterMs' in details ? details.retryAfterMs : undefined
  if (typeof wait === 'number') headers.set('retry-after', String(Math.ceil(wait / 1000)))
  // Nobody knows how long a disk stays full, but everybody may ask again.
  else if (code === 'STORE_UNAVAILABLE') headers.set('retry-after', '1')
  if (status === 426) {
    headers.set('upgrade', 'websocket')
    headers.set('sec-websocket-version', '13')
  }
  if (status === 401) headers.set('www-authenticate', 'Bearer')
  return Response.json(
    { code, message, ...(details !== undefined && { details }) },
    { status, headers },
  )
}
