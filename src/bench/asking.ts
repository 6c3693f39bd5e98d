import { clientFrame } from './frames.ts'
import { createLatencies, type Counted } from './latency.ts'
import type { Link } from './link.ts'
import { clock, sleep, until, wallMicros } from './time.ts'

/** A request to send: the connection by its number, type and payload. */
export interface Step {
  readonly link: number
  readonly text: string
}

/** Requests to send one after another at an even rate; those count that were sent at `from` (µs) or later. */
export interface Course {
  readonly steps: readonly Step[]
  readonly perSecond: number
  readonly from: number
}

/** What each connection sends again and again, the next one as soon as the answer is there. */
export interface Circle {
  readonly texts: readonly string[]
  readonly ms: number
  /** Requests a connection has under way. */
  readonly ahead: number
}

/** What came of asking. */
export interface Asked {
  readonly answered: number
  /** Refusals by their code. */
  readonly refused: Readonly<Record<string, number>>
  /** No answer came in time. */
  readonly unanswered: number
  readonly ms: number
  readonly latencies: Counted
}

/** An answer as it came: when (µs), and the code where it is a refusal. */
export interface Answer {
  readonly now: number
  readonly refusal: string | null
}

/** Sends requests and knows their answers, which come in order on each connection. */
export interface Asking {
  answer(link: Link, answer: Answer): void
  course(links: readonly Link[], course: Course): Promise<Asked>
  circle(links: readonly Link[], circle: Circle): Promise<Asked>
}

const textFrame = 1
const patienceMs = 10_000

/** The type and the payload of a request, where only its id is missing. */
export function requestText(type: string, payload: unknown = {}): string {
  return `","t":"${type}","p":${JSON.stringify(payload)}}`
}

/** Asking that has not begun. */
export function createAsking(): Asking {
  let latencies = createLatencies()
  let refused: Record<string, number> = {}
  let waiting = 0
  let from = 0
  let next: ((link: Link) => string) | null = null

  function send(link: Link, text: string): void {
    waiting++
    link.asked.push(wallMicros())
    link.socket?.write(clientFrame(textFrame, Buffer.from(`{"i":"${link.requests++}${text}`)))
  }

  function begin(since: number): void {
    latencies = createLatencies()
    refused = {}
    waiting = 0
    from = since
  }

  async function asked(startedAt: number): Promise<Asked> {
    const ms = clock.elapsed() - startedAt
    const counted = latencies.counted()
    const answered = latencies.count
    await until(() => waiting <= 0, patienceMs)
    return { answered, refused, unanswered: waiting, ms, latencies: counted }
  }

  return {
    answer(link, { now, refusal }) {
      const sentAt = link.asked.shift()
      if (sentAt === undefined) return
      waiting--
      if (refusal !== null) refused[refusal] = (refused[refusal] ?? 0) + 1
      else if (sentAt >= from) latencies.add(now - sentAt)
      if (next !== null) send(link, next(link))
    },
    async course(links, { steps, perSecond, from: since }) {
      begin(since)
      const startedAt = clock.elapsed()
      for (let sent = 0; sent < steps.length;) {
        const due = Math.ceil(((clock.elapsed() - startedAt) * perSecond) / 1000)
        for (; sent < Math.min(due, steps.length); sent++) {
          const { link, text } = steps[sent]!
          send(links[link]!, text)
        }
        await sleep(1)
      }
      await until(() => waiting <= 0, patienceMs)
      return asked(startedAt)
    },
    async circle(links, { texts, ms, ahead }) {
      begin(0)
      next = ({ requests }) => texts[requests % texts.length]!
      const startedAt = clock.elapsed()
      for (const link of links) {
        for (let count = 0; count < ahead; count++) send(link, next(link))
      }
      await sleep(ms)
      next = null
      return asked(startedAt)
    },
  }
}
