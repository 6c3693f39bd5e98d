import type { Clock, Stop } from '../core/clock.ts'
import { Refusal, refusalOf } from '../core/errors.ts'

/** Tells the reader of a stream an event; `data` becomes JSON. */
export type Send = (event: string, data: unknown) => void

/** Server-sent events to whoever looks: few, and none that waits for a slow reader. */
export interface Streams {
  readonly size: number
  /** Answers with a stream. `begin` starts what is told and gives back what stops it; `may` is asked each second whether the reader still may. Refuses TOO_MANY_CONNECTIONS beyond 50. */
  open(may: () => Promise<unknown>, begin: (send: Send, end: Stop) => Stop): Response
  /** Ends all of them. */
  end(): void
}

const mostStreams = 50
/** What may wait for a reader (bytes) beside what the kernel holds, looked at once a second; then its stream is cut. */
const mostQueued = 262_144
/** What may wait at any moment: the last lines of the log leave in one breath. */
const mostAtOnce = 4_194_304
const lookMs = 1_000
/** A listener ends what is silent for 30 s. */
const looksPerSign = 10

interface Stream {
  readonly may: () => Promise<unknown>
  /** Bytes that wait for the reader. */
  queued(): number
  /** Ends it without waiting for what is queued. */
  cut(): void
  write(text: string): void
  end(): void
}

/** Nobody looks; the one timer of all streams runs only while there is one. */
export function createStreams(clock: Clock): Streams {
  const open = new Set<Stream>()
  let looks = 0
  let stopTimer: Stop | null = null

  function look(): void {
    looks++
    for (const stream of open) {
      stream.may().catch((error: unknown) => {
        // Who looks while the disk fails is to go on looking.
        if (refusalOf(error).status < 500) stream.end()
      })
      if (stream.queued() > mostQueued) stream.cut()
      if (looks % looksPerSign === 0) stream.write(': alive\n\n')
    }
  }
  const full = () => open.size >= mostStreams
  function enter(stream: Stream): void {
    open.add(stream)
    stopTimer ??= clock.every(lookMs, look)
  }
  function leave(stream: Stream): void {
    open.delete(stream)
    if (open.size > 0) return
    stopTimer?.()
    stopTimer = null
  }

  return {
    get size() {
      return open.size
    },
    open(may, begin) {
      if (full())
        throw new Refusal('TOO_MANY_CONNECTIONS', 'Too many look already', { limit: mostStreams })
      const body = bodyOf(may, begin, { enter, leave, full })
      return new Response(body, {
        headers: {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          // For nginx, which would gather events until its buffer is full.
          'x-accel-buffering': 'no',
        },
      })
    },
    end() {
      for (const stream of [...open]) stream.end()
    },
  }
}

function bodyOf(
  may: Stream['may'],
  begin: (send: Send, end: Stop) => Stop,
  {
    enter,
    leave,
    full,
  }: Record<'enter' | 'leave', (stream: Stream) => void> & { readonly full: () => boolean },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stop: Stop = () => {}
  let stream: Stream | null = null
  let over = false

  function close(shut: () => void): void {
    if (over) return
    over = true
    if (stream !== null) leave(stream)
    stop()
    shut()
  }
  function open(controller: ReadableStreamDefaultController<Uint8Array>): void {
    // Of those who asked at once, all found room.
    if (full()) return close(() => controller.close())
    function write(text: string): void {
      if (over) return
      controller.enqueue(encoder.encode(text))
      if (queued() > mostAtOnce) cut()
    }
    const queued = () => -(controller.desiredSize ?? 0)
    const cut = () => close(() => controller.error(new Error('The reader is too slow')))
    const end = () => close(() => controller.close())
    stream = { may, queued, cut, write, end }
    enter(stream)
    // So that its reader knows at once that it is open.
    write(': open\n\n')
    stop = begin((event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`), end)
    if (over) stop()
  }
  return new ReadableStream<Uint8Array>(
    {
      // Not before it is read: of an answer to HEAD nobody reads anything.
      pull(controller) {
        if (stream === null) open(controller)
      },
      cancel: () => close(() => {}),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  )
}
