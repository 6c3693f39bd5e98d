import type { Clock } from '../../src/core/clock.ts'
import type { Faults } from './exchange-faults.ts'

/** The tokens of a simulated exchange: handed out over HTTP, judged when somebody connects with one. */
export interface Tokens {
  /** How often one was asked for, whatever the answer was. */
  readonly asked: number
  /** Answers POST /api/v1/bullet-public. */
  answer(request: Request): Response | Promise<Response>
  /** Why a token lets nobody in; null when it does. Each call is a use. */
  judge(token: string): string | null
}

/** What the answer with a token says of the sockets. */
export interface TokenOptions {
  readonly clock: Clock
  readonly faults: Faults
  /** ms */
  readonly pingInterval: number
  /** ms */
  readonly pingTimeout: number
  /** ms for which a token holds. */
  readonly tokenLife: number
}

/** Nobody listens there. */
const deadEndpoint = 'ws://127.0.0.1:1/'

/** No tokens yet; `randomText` makes each one. */
export function createTokens({
  clock,
  faults,
  pingInterval,
  pingTimeout,
  tokenLife,
}: TokenOptions): Tokens {
  const handedOut = new Map<string, { readonly at: number; uses: number }>()
  let asked = 0

  function good(host: string): object {
    const token = crypto.randomUUID().replaceAll('-', '').repeat(4)
    handedOut.set(token, { at: clock.elapsed(), uses: 0 })
    const server = (endpoint: string) => ({
      endpoint,
      encrypt: endpoint.startsWith('wss'),
      protocol: 'websocket',
      pingInterval,
      pingTimeout,
    })
    const own = server(`ws://${host}/`)
    const instanceServers = faults.has('dead-server') ? [server(deadEndpoint), own] : [own, own]
    return { code: '200000', data: { token, instanceServers } }
  }

  function garbage(): Response {
    const one = rubbish[asked % rubbish.length]
    return typeof one === 'string' ? new Response(one) : Response.json(one)
  }

  return {
    get asked() {
      return asked
    },
    answer(request) {
      asked++
      const { host } = new URL(request.url)
      const retryAfter = faults.get('token-429')
      if (faults.has('token-hang')) return new Promise(() => {})
      if (faults.has('token-500')) return new Response('Oops', { status: 500 })
      if (retryAfter !== undefined) {
        const headers = { 'retry-after': String(retryAfter) }
        return Response.json({ code: '429000', msg: 'Too Many Requests' }, { status: 429, headers })
      }
      if (faults.has('token-garbage')) return garbage()
      const megabytes = faults.get('token-huge')
      return megabytes === undefined ? Response.json(good(host)) : huge(megabytes, good(host))
    },
    judge(token) {
      const known = handedOut.get(token)
      if (known === undefined) return 'token is invalid'
      known.uses++
      const over =
        faults.has('token-over') ||
        clock.elapsed() - known.at >= tokenLife ||
        (faults.has('token-once') && known.uses > 1)
      return over ? 'token is expired' : null
    },
  }
}

/** Answers with status 200 that hold no token. */
const rubbish: readonly unknown[] = [
  '<html><body>Down for maintenance</body></html>',
  '',
  '{"code":"200000","data":{"token":"abc","instanceServers":[{"endpoi',
  null,
  [],
  { code: '400100', msg: 'Parameter Error' },
  { code: '200000', data: null },
  { code: '200000', data: { token: 7, instanceServers: [] } },
  { code: '200000', data: { token: 'abc', instanceServers: [] } },
  { code: '200000', data: { token: 'abc', instanceServers: [{}] } },
  ...[
    'file:///etc/passwd',
    'no address',
    'ws://',
    'ws://127.0.0.1:99999/',
    'ws://127.0.0.1:1/#fragment',
    'ws://user:password@127.0.0.1:1/',
    'ws://[::1/',
    'WS:127.0.0.1',
  ].map((endpoint) => ({
    code: '200000',
    data: { token: 'abc', instanceServers: [at(endpoint)] },
  })),
  { code: '200000', data: { token: 'abc', instanceServers: [at('ws://127.0.0.1:1/', 0)] } },
  { code: '200000', data: { token: 'abc', instanceServers: [at('ws://127.0.0.1:1/', 1e300)] } },
  { code: '200000', data: { token: 'abc', instanceServers: [at('ws://127.0.0.1:1/', -1)] } },
]

function at(endpoint: string, pingInterval = 18_000) {
  return { endpoint, encrypt: false, protocol: 'websocket', pingInterval, pingTimeout: 10_000 }
}

/** Comes in pieces, so that whoever takes it must count; a good answer stands at its end. */
function huge(megabytes: number, answer: object): Response {
  const piece = ' '.repeat(1024 ** 2)
  let left = megabytes
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(piece)
      if (--left > 0) return
      controller.enqueue(JSON.stringify(answer))
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}
