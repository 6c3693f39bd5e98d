import type { Socket } from 'bun'

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
}

/** A poster with at most `lines` connections: raw sockets, for `fetch` would cost as much as the server. */
export function createPoster(host: string, port: number, lines: number): Poster {
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
    const line: Line = { socket: null, unsent: Buffer.alloc(0), answer: '', wait: null }
    all.add(line)
    line.socket = await Bun.connect({ hostname: host, port, data: line, socket })
    return line
  }

  return {
    async send(request) {
      const line =
        idle.pop() ??
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
