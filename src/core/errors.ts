/** Every error code a client can meet: its HTTP status and whether the same request may succeed later. */
export const errorCodes = {
  INVALID_REQUEST: { status: 400, retry: false },
  BAD_FRAME: { status: 400, retry: false },
  UNKNOWN_COMMAND: { status: 400, retry: false },
  UNKNOWN_RESOURCE: { status: 400, retry: false },
  INVALID_PARAMS: { status: 400, retry: false },
  INVALID_TOPIC: { status: 400, retry: false },
  INVALID_AMOUNT: { status: 400, retry: false },
  UNAUTHORIZED: { status: 401, retry: false },
  FORBIDDEN: { status: 403, retry: false },
  ORIGIN_REFUSED: { status: 403, retry: false },
  NOT_FOUND: { status: 404, retry: false },
  CONFLICT: { status: 409, retry: false },
  IDEMPOTENCY_CONFLICT: { status: 409, retry: false },
  HISTORY_GONE: { status: 410, retry: false },
  UPGRADE_REQUIRED: { status: 426, retry: false },
  RATE_LIMITED: { status: 429, retry: true },
  TOO_MANY_CONNECTIONS: { status: 429, retry: true },
  TOO_MANY_SUBSCRIPTIONS: { status: 429, retry: false },
  INTERNAL_ERROR: { status: 500, retry: true },
  NOT_CONFIGURED: { status: 503, retry: false },
  OVERLOADED: { status: 503, retry: true },
  RESTARTING: { status: 503, retry: true },
  STORE_UNAVAILABLE: { status: 503, retry: true },
} as const satisfies Record<string, { status: number; retry: boolean }>

export type ErrorCode = keyof typeof errorCodes

/** Every close code we send, its reason text and whether a client should come back by itself. */
export const closeCodes = {
  normal: { code: 1000, reason: 'bye', reconnect: false },
  goingAway: { code: 1001, reason: 'going away', reconnect: true },
  tooBig: { code: 1009, reason: 'frame too big', reconnect: false },
  restarting: { code: 1012, reason: 'restarting', reconnect: true },
  overloaded: { code: 1013, reason: 'too slow', reconnect: true },
  badFrame: { code: 4400, reason: 'bad frame', reconnect: false },
  unauthorized: { code: 4401, reason: 'token missing, invalid or expired', reconnect: false },
  forbidden: { code: 4403, reason: 'not allowed', reconnect: false },
  gone: { code: 4404, reason: 'channel unknown or expired', reconnect: false },
  heartbeat: { code: 4408, reason: 'heartbeat timeout', reconnect: true },
  replaced: { code: 4409, reason: 'replaced by a newer connection', reconnect: false },
  flood: { code: 4429, reason: 'too many requests', reconnect: true },
} as const

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
  ) {
    super(message)
  }
  /** The HTTP status that belongs to the code. */
  get status(): number {
    return errorCodes[this.code].status
  }
}
