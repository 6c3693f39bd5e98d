import { connect, type Socket } from 'node:net'
import { headOf, type Answer } from '../raw.ts'

export type { Answer }

/** A request to be written out; what is absent is left out of it. */
export interface Words {
  readonly method: string
  /** The target as it stands in the first line, escaped by nobody. */
  readonly target: string
  /** Pairs, since some headers come twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array | undefined
}

/** The bytes of a request; `content-length` tells the truth unless the headers tell of a length themselves. */
export function bytesOf({ method, target, headers = [], body }: Words): Buffer {
  const content = Buffer.from((body ?? '') as string)
  const told = (names: RegExp) => headers.some(([name]) => names.test(name))
  const hasLength = told(/^(content-length|transfer-encoding)$/i)
  const own = [
    ...(told(/^host$/i) ? [] : [['host', 'test']]),
    ...(body === undefined || hasLength ? [] : [['content-length', String(content.length)]]),
  ]
  const lines = [...own, ...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    content,
  ])
}

/** A request on a connection of its own, and its one answer; of one that is `endless` the first part. */
export async function ask(url: string, words: Words, endless = false): Promise<Answer> {
  const headers = [...(words.headers ?? []), ['connection', 'close'] as const]
  const [answer, ...more] = await talk(url, [bytesOf({ ...words, headers })], {
    head: words.method === 'HEAD',
    ...(endless && { endless, enough: 1 }),
  })
  if (answer === undefined || more.length > 0) {
    const told = JSON.stringify([answer, ...more])
    throw new Error(`${words.method} ${words.target.slice(0, 200)}: ${told.slice(0, 500)}`)
  }
  return answer
}

/** How a conversation goes. */
export interface Manner {
  /** Answers have no bodies, whatever length they tell. */
  readonly head?: boolean
  /** What has begun to come is a whole answer. */
  readonly endless?: boolean
  /** So many answers are enough; without it the server has to close. */
  readonly enough?: number
  /** Ms between two parts. */
  readonly pause?: number
  /** Each part is a request, and the next one is sent once this one is answered. */
  readonly inTurn?: boolean
  /** We close after the last part. */
  readonly leave?: boolean
}

/** No server needs so long for an answer, however busy the machine is (ms). */
const patience = 20_000

/** Writes parts one after another and gives the answers that come, up to the close; rejects when neither comes. */
export function talk(
  url: string,
  parts: readonly Uint8Array[],
  {
    head = false,
    endless = false,
    enough = Infinity,
    pause = 0,
    leave = false,
    inTurn = false,
  }: Manner = {},
): Promise<Answer[]> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const socket = connect(Number(port), hostname)
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no end after ${JSON.stringify(received.toString('latin1').slice(0, 500))}`))
    }, patience)
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answersOf(received, head, endless))
    }
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const { length } = answersOf(received, head, endless)
      if (length >= enough) finish()
      else if (inTurn && parts[length] !== undefined) socket.write(parts[length])
    })
    socket.on('close', finish)
    // A server may close while we still write: what it has said before counts.
    socket.on('error', () => {})
    const first = inTurn ? parts.slice(0, 1) : parts
    socket.on('connect', () => void writeAll(socket, first, pause).then(() => leave && finish()))
  })
}

async function writeAll(socket: Socket, parts: readonly Uint8Array[], pause: number) {
  for (const part of parts) {
    if (socket.destroyed) return
    const took = new Promise((resolve) => socket.write(part, resolve))
    await took
    if (pause > 0) await Bun.sleep(pause)
  }
}

/** The whole answers in what was received. */
function answersOf(received: Buffer, head: boolean, endless: boolean): Answer[] {
  const answers: Answer[] = []
  let at = 0
  for (;;) {
    const end = received.indexOf('\r\n\r\n', at)
    if (end < 0) return answers
    const { status, headers } = headOf(received.toString('latin1', at, end))
    const bare = head || status === 204 || status === 304 || status < 200
    const rest = { body: received.toString('utf8', end + 4), end: received.length }
    const whole = bare ? { body: '', end: end + 4 } : contentOf(received, end + 4, headers)
    const content = whole ?? (endless ? rest : null)
    if (content === null) return answers
    answers.push({ status, headers, body: content.body })
    at = content.end
  }
}

function contentOf(received: Buffer, from: number, headers: Headers) {
  if (headers.get('transfer-encoding') === 'chunked') return chunksOf(received, from)
  const end = from + Number(headers.get('content-length') ?? 0)
  return end > received.length ? null : { body: received.toString('utf8', from, end), end }
}

function chunksOf(received: Buffer, from: number) {
  const chunks: Buffer[] = []
  for (let at = from; ;) {
    const line = received.indexOf('\r\n', at)
    if (line < 0) return null
    const size = parseInt(received.toString('latin1', at, line), 16)
    const end = line + 2 + size
    if (end + 2 > received.length) return null
    if (size === 0) return { body: Buffer.concat(chunks).toString(), end: end + 2 }
    chunks.push(received.subarray(line + 2, end))
    at = end + 2
  }
}
