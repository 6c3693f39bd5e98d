import type { Socket } from 'bun'
import type { Clock } from '../core/clock.ts'
import { clock as benchClock } from './time.ts'

/** Sends HTTP requests over some keep-alive connections, each with one request under way at a time. */
export interface Poster {
  /** Sends a whole request; resolves with status and body, rejects when the connection is lost. */
  send(request: string): Promise<Reply>
  close(): void
}

/** An HTTP answer. */
export interface Reply {
  readonly status: number
  readonly body: string
}

interface Line {
  socket: Socket<Line> | null
  unsent: Buffer
  answer: string
  wait: PromiseWithResolvers<Reply> | null
  /** When its last answer came, in ms. */
  restsSince: number
}

/** Servers close a connection that rests for some seconds, 10 here: a request sent at that instant would be lost. */
const longestRestMs = 5_000

/** A poster with at most `lines` connections: raw sockets, for `fetch` would cost as much as the server. */
export function createPoster(
  host: string,
  port: number,
  lines: number,
  clock: Pick<Clock, 'elapsed'> = benchClock,
): Poster {
  const idle: Line[] = []
  const all = new Set<Line>()
  const queue: ((line: Line) => void)[] = []

  function lose(line: Line, why: string): void {
    all.delete(line)
    const place = idle.indexOf(line)
    if (place >= 0) idle.splice(place, 1)
    line.wait?.reject(new Error(why))
    line.wait = null
  }

  const socket = {
    data({ data: line }: Socket<Line>, bytes: Buffer) {
      line.answer += bytes.toString('latin1')
      const reply = readReply(line.answer)
      if (reply === null) return
      const { wait } = line
      line.answer = ''
      line.wait = null
      line.restsSince = clock.elapsed()
      const next = queue.shift()
      if (next === undefined) idle.push(line)
      else next(line)
      wait?.resolve(reply)
    },
    drain: ({ data }: Socket<Line>) => flush(data),
    close: ({ data }: Socket<Line>) => lose(data, 'The server closed the connection'),
    error: ({ data }: Socket<Line>, error: Error) => lose(data, error.message),
  }

  async function connect(): Promise<Line> {
    const unsent = Buffer.alloc(0)
    const line: Line = { socket: null, unsent, answer: '', wait: null, restsSince: 0 }
    all.add(line)
    line.socket = await Bun.connect({ hostname: host, port, data: line, socket })
    return line
  }

  /** The line that rested least, unless even that has rested for too long: then all have, and end. */
  function rested(): Line | undefined {
    const line = idle.pop()
    if (line === undefined || clock.elapsed() - line.restsSince < longestRestMs) return line
    for (const old of [line, ...idle.splice(0)]) {
      all.delete(old)
      old.socket?.terminate()
    }
    return undefined
  }

  return {
    async send(request) {
      const line =
        rested() ??
        (all.size < lines
          ? await connect()
          : await new Promise<Line>((resolve) => void queue.push(resolve)))
      line.wait = Promise.withResolvers<Reply>()
      line.unsent = Buffer.from(request)
      const { promise } = line.wait
      flush(line)
      return promise
    },
    close() {
      for (const line of [...all]) line.socket?.terminate()
    },
  }
}

function flush(line: Line): void {
  if (line.unsent.length === 0) return
  const written = line.socket?.write(line.unsent) ?? 0
  line.unsent = line.unsent.subarray(Math.max(0, written))
}

/** The whole answer, null while bytes are missing; answers here always tell their length. */
function readReply(answer: string): Reply | null {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return null
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, end))
  if (length === null) throw new Error('The answer has no Content-Length')
  const body = answer.slice(end + 4)
  if (body.length < Number(length[1])) return null
  return { status: Number(answer.slice(9, 12)), body }
}

/** A POST as it goes over the wire, or a PUT; the body must be ASCII. */
export function postRequest(
  host: string,
  path: string,
  body: string,
  bearer: string | null = null,
  method: 'POST' | 'PUT' = 'POST',
): string {
  const authorization = bearer === null ? '' : `Authorization: Bearer ${bearer}\r\n`
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${authorization}Content-Length: ${body.length}\r\n\r\n${body}`
}
