import { limitKey } from './address.ts'
import type { Clock } from './clock.ts'
import type { LiveConnection } from './connection.ts'
import { Refusal, refusalOf, wantsLater } from './errors.ts'
import { maxDepth, tooDeep } from './json.ts'
import type { Limiter, Rate } from './limiter.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Command, Request } from './protocol.ts'
import { createWork, type Work } from './work.ts'

/** Frames of one client that wait for its running command; arrival times in monotonic ms. */
export interface Waiting {
  readonly frames: { readonly text: string; readonly receivedAt: number }[]
  bytes: number
}

/** What turns frames into commands. */
export interface TurnParts {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly limiter: Limiter
  readonly limits: {
    /** Most frames, and bytes of them, that wait for one client. */
    readonly maxWaiting: number
    readonly maxWaitingBytes: number
    /** How many frames a client may send at all, refused ones included. */
    readonly frames: Rate
  }
}

/** Takes each frame of each client in its turn: one command after another, whatever they wait for. */
export interface Turns {
  /** A text frame has arrived. */
  take(connection: LiveConnection, text: string): void
  /** A ping or pong has arrived: a sign of life, and in its number a frame like any other. False when it was one too many. */
  heard(connection: LiveConnection): boolean
  /** The connection is ready for its first command. */
  begin(connection: LiveConnection): void
  /** The connection has closed: its waiting frames are gone, a command at work goes on to its end. */
  left(connection: LiveConnection): void
  readonly settled: Work['settled']
  /** Tells the client a Refusal; anything else is a fault of ours, logged once and told as INTERNAL_ERROR. */
  refuse(connection: LiveConnection, error: unknown, request: Request | null): void
}

/** Reading a megabyte holds everybody up as long as 64 small frames do, so a frame costs one for each of these. */
const frameLength = 16_384
/** The tenth bad frame within a minute ends the connection. */
const badFramesPerMinute = 10

/** Turns for all connections of a gateway. */
export function createTurns({ clock, log, metrics, limiter, limits }: TurnParts): Turns {
  const received = metrics.counter('frames_received_total', 'Frames by command', [
    'system',
    'command',
  ])
  const refused = metrics.counter('frames_refused_total', 'Refused frames by code', [
    'system',
    'code',
  ])
  const work = createWork()

  function heard(connection: LiveConnection, now = clock.elapsed()): boolean {
    connection.arrivedAt = now
    if (connection.protocol.heartbeat.counts === 'any') connection.heardAt = now
    if (connection.closing !== null) return false
    if (connection.frames.take(now, limits.frames)) return true
    cut(connection)
    return false
  }

  /** Large frames are paid for by their size, out of what all connections of the user share, without one: all of the address that have none, or a new connection would bring a new purse. Who goes on when refused is cut. */
  function affords(connection: LiveConnection, length: number, now: number): boolean {
    const cost = Math.floor(length / frameLength)
    if (cost === 0) return true
    const { user, address } = connection
    const payer = user === undefined ? limitKey(address) : connection.limitKey
    const wait = limiter.take(`${payer}#length`, limits.frames, cost)
    if (wait === 0) return true
    if (!connection.frames.take(now, limits.frames, cost)) cut(connection)
    else {
      refuse(connection, tooFast(wait), null)
      tire(connection)
    }
    return false
  }

  function take(connection: LiveConnection, text: string): void {
    const now = clock.elapsed()
    if (!heard(connection, now) || !affords(connection, text.length, now)) return
    const { lenient } = connection.protocol.codec
    if (!lenient && tooDeep(text, maxDepth)) return connection.close('badFrame')
    if (connection.work === null) return dispatch(connection, text, now)
    const waiting = (connection.waiting ??= { frames: [], bytes: 0 })
    waiting.bytes += text.length
    if (waiting.frames.length >= limits.maxWaiting || waiting.bytes > limits.maxWaitingBytes) {
      return cut(connection)
    }
    if (waiting.frames.length === 0) work.began(connection, now)
    waiting.frames.push({ text, receivedAt: now })
  }

  function dispatch(connection: LiveConnection, text: string, receivedAt: number): void {
    let request: Request | null = null
    let wait = 0
    try {
      const { protocol } = connection
      const decoded = protocol.codec.decode(text)
      request = { ...decoded, receivedAt }
      const command = protocol.commands.get(request.name)
      received(protocol.name, command === undefined ? 'unknown' : request.name).inc()
      wait = spent(connection, command?.rate ?? 'other')
      const answer = perform(connection, request, command, wait)
      if (!(answer instanceof Promise)) return reply(connection, request, answer)
      connection.work = 'command'
      work.began(connection, receivedAt)
      void settle(connection, request, answer)
    } catch (error) {
      if (request === null && isBad(connection, clock.elapsed())) {
        return connection.close('badFrame')
      }
      refuse(connection, error, request)
      if (wait > 0) tire(connection)
    }
  }

  /** What is refused counts for the rate all the same; ms until the next request, 0 when this one may be. */
  function spent({ protocol: { rates }, limitKey }: LiveConnection, rate: string): number {
    return limiter.take(limitKey + rate, rates[rate] ?? rates.other)
  }

  /** The order of what can be wrong: shape, who may ask, rate, then the system's own rules. */
  function perform(
    connection: LiveConnection,
    request: Request,
    command: Command<unknown> | undefined,
    wait: number,
  ): unknown {
    const parsed = command?.parse(request.data)
    if (command === undefined || parsed === undefined) {
      throw new Refusal('UNKNOWN_COMMAND', `Unknown command "${request.name.slice(0, 64)}"`)
    }
    if (!parsed.ok) throw parsed.refusal
    const barred = command.admit?.(connection) ?? null
    if (barred !== null) throw barred
    if (wait > 0) throw tooFast(wait)
    return command.run(connection, parsed.data as never, request)
  }

  async function settle(
    connection: LiveConnection,
    request: Request,
    answer: Promise<unknown>,
  ): Promise<void> {
    try {
      reply(connection, request, await answer)
    } catch (error) {
      refuse(connection, error, request)
    }
    begin(connection)
  }

  function begin(connection: LiveConnection): void {
    let last: number | null = null
    connection.work = null
    const { waiting } = connection
    while (waiting !== null && connection.work === null && connection.closing === null) {
      const next = waiting.frames.shift()
      if (next === undefined) break
      waiting.bytes -= next.text.length
      last = next.receivedAt
      dispatch(connection, next.text, next.receivedAt)
    }
    if (waiting?.frames.length === 0) connection.waiting = null
    work.ended(connection, isFree(connection) ? null : last)
  }

  function left(connection: LiveConnection): void {
    connection.waiting = null
    if (connection.work === 'opening') work.ended(connection, null)
  }

  function reply(connection: LiveConnection, request: Request, data: unknown): void {
    if (data === undefined) return
    const frame = connection.protocol.codec.reply(request, data)
    if (frame !== null) connection.send(frame)
  }

  function refuse(connection: LiveConnection, error: unknown, request: Request | null): void {
    const { protocol, id, user } = connection
    const refusal = refusalOf(error)
    const { code } = refusal
    // Of what is no command of ours nobody knows what it holds.
    const command = protocol.commands.has(request?.name ?? '') ? request!.name : undefined
    const about = { system: protocol.name, id, user, command, code }
    if (refusal !== error) log.error('command failed', error, about)
    else log.debug('command refused', about)
    refused(protocol.name, code).inc()
    const frame = protocol.codec.refusal(refusal, request, clock.now())
    if (frame !== null) connection.send(frame)
  }

  /** Whoever asks too fast wears our patience out, whatever else is wrong with the request. */
  function tire(connection: LiveConnection): void {
    const { patience } = connection.protocol
    if (patience === undefined) return
    if (limiter.take(`${connection.limitKey}#patience`, patience) > 0) connection.close('flood')
  }

  return { take, heard, begin, left, settled: work.settled, refuse }
}

/** Takes one of what a rate allows under a key; refuses RATE_LIMITED when there is none left. */
export function spend(limiter: Limiter, key: string, rate: Rate): void {
  const wait = limiter.take(key, rate)
  if (wait > 0) throw tooFast(wait)
}

/** What a client hears that asks too often; `wait` in ms. */
function tooFast(wait: number): Refusal {
  return wantsLater('RATE_LIMITED', 'Too many requests', wait)
}

/** Ends a flooder at once: whatever else it has sent is not read any more. */
function cut(connection: LiveConnection): void {
  const { socket } = connection
  connection.close('flood')
  socket?.terminate()
}

/** Counts a frame that could not be read; true when it was one too many. */
function isBad(connection: LiveConnection, now: number): boolean {
  if (now - connection.badSince >= 60_000) {
    connection.badSince = now
    connection.badFrames = 0
  }
  return ++connection.badFrames >= badFramesPerMinute
}

/** Whether the next frame of a client is taken at once; asked of a call, since what a handler does is beyond what the types follow. */
function isFree({ work }: LiveConnection): boolean {
  return work === null
}
