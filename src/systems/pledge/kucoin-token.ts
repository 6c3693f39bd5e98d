import * as v from 'valibot'
import { readBytes } from '../../core/bytes.ts'

/** A server for one connection. */
export interface Instance {
  /** Address of the WebSocket with the token in it: for no log. */
  readonly address: string
  /** Between two pings, and how long a pong may take (ms). */
  readonly pingInterval: number
  readonly pingTimeout: number
}

/** How a token is asked for. */
export interface Asking {
  /** REST address of the exchange. */
  readonly url: string
  readonly connectId: string
  readonly signal: AbortSignal
  /** Chance, from 0 up to but not 1: it picks the server. */
  readonly random: () => number
}

/** Of an answer; a usual one has 600 bytes. */
const mostBytes = 65_536

/** How a token is asked for. */
const transfer = {
  method: 'POST',
  // What leads elsewhere is no answer of the exchange.
  redirect: 'manual',
  // A connection that was kept over an outage may be dead without a word.
  keepalive: false,
  // 30 KB can unpack to a gigabyte, before a byte of it could be refused.
  decompress: false,
  headers: { 'accept-encoding': 'identity' },
} as const

const Span = v.pipe(v.number(), v.minValue(100), v.maxValue(3_600_000))
const Server = v.object({
  endpoint: v.pipe(v.string(), v.maxLength(1_024), v.regex(/^wss?:\/\//), v.url()),
  pingInterval: Span,
  pingTimeout: Span,
})
const Answer = v.object({
  code: v.literal('200000'),
  data: v.object({
    token: v.pipe(v.string(), v.minLength(1), v.maxLength(8_192)),
    instanceServers: v.pipe(v.array(Server), v.minLength(1), v.maxLength(100)),
  }),
})

/** Asks for a token, good for one connection, and picks one of the servers that come with it. Throws an Error whose message says why not and has no secret in it. */
export async function askInstance(asking: Asking): Promise<Instance> {
  const { url, signal } = asking
  const asked = `${url.replace(/\/+$/, '')}/api/v1/bullet-public`
  const answer = await fetch(asked, { ...transfer, signal })
  if (answer.status !== 200) throw new Error(`token: status ${answer.status}`)
  return pickInstance(await readJson(answer), asking)
}

/** One of the servers in an answer to the question for a token. Throws an Error like `askInstance`. */
export function pickInstance(
  answer: unknown,
  { url, connectId, random }: Omit<Asking, 'signal'>,
): Instance {
  const parsed = v.safeParse(Answer, answer)
  if (!parsed.success) throw new Error('token: an answer that makes no sense')
  const { token, instanceServers } = parsed.output.data
  const { endpoint, ...times } = instanceServers[Math.floor(random() * instanceServers.length)]!
  const address = new URL(endpoint)
  if (url.startsWith('https:') && address.protocol !== 'wss:') {
    throw new Error('token: a server without encryption')
  }
  address.hash = ''
  address.searchParams.set('token', token)
  address.searchParams.set('connectId', connectId)
  return { address: address.href, ...times }
}

async function readJson(answer: Response): Promise<unknown> {
  const bytes = await readBytes(answer, mostBytes)
  if (bytes === null) throw new Error('token: an answer that is too long')
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new Error('token: an answer that is no JSON')
  }
}
