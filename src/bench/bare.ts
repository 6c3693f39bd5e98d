import { tickerTopic } from './exchange.ts'
import type { Flight } from './gaming.ts'
import { changeFrame, tickFrame } from './play.ts'
import { quoteFrame } from './quote.ts'
import { takeOrders } from './role.ts'
import { clock, sleep } from './time.ts'

interface Data {
  readonly topics: readonly string[]
  /** Its frames are read and dropped. */
  readonly acknowledges: boolean
}

/** The topic of the exchange's prices. */
export const priceTopic = 'price'

/** The topic of the multipliers of a game. */
export const tickTopic = 'tick'

/** Bytes a reader may leave unread before it is cut: as much as fanfare allows by default. */
const backlogBytes = 1024 ** 2

/**
 * The role `bare`: a pub/sub server of Bun.serve and nothing else, the limit of what lies under fanfare.
 * `/ws?topic=a&topic=b` listens and echoes, with `acknowledges` it parses and is silent.
 * POST /publish takes lines of `topic text`, POST /notify those that become frames with a number.
 */
export function bareRole(): void {
  const server = openBare()
  takeOrders({
    port: () => server.port,
    /** Publishes the prices of an exchange from now on. */
    listen({ upstream }: { upstream: string }) {
      hear(upstream, (price) => void server.publish(priceTopic, quoteFrame(price)))
    },
    /** A late multiplier is not left out, and puts off none that follows. */
    async fly({ rate, changes, seconds }: Flight) {
      let serial = clock.now()
      const startedAt = clock.elapsed()
      for (let index = 0; index < rate * seconds; index++) {
        const elapsed = (index * 1000) / rate
        await sleep(elapsed - (clock.elapsed() - startedAt))
        const now = clock.now()
        server.publish(tickTopic, tickFrame(serial++, elapsed, now))
        for (let player = 0; player < changes / rate; player++) {
          server.publish(tickTopic, changeFrame(serial++, player, now))
        }
      }
    },
  })
}

function openBare() {
  const server = Bun.serve<Data>({
    hostname: '127.0.0.1',
    port: 0,
    development: false,
    reusePort: false,
    async fetch(request, http) {
      const { pathname, searchParams } = new URL(request.url)
      if (pathname === '/ws') {
        const acknowledges = searchParams.has('acknowledges')
        const data = { topics: searchParams.getAll('topic'), acknowledges }
        return http.upgrade(request, { data }) ? undefined : new Response(null, { status: 400 })
      }
      if (pathname === '/publish') publish(await request.text(), String)
      if (pathname === '/notify') publish(await request.text(), numbered)
      return new Response('{}')
    },
    websocket: {
      idleTimeout: 0,
      sendPings: false,
      backpressureLimit: backlogBytes,
      closeOnBackpressureLimit: true,
      open(socket) {
        for (const topic of socket.data.topics) socket.subscribe(topic)
      },
      message(socket, text) {
        if (socket.data.acknowledges) JSON.parse(String(text))
        else socket.send(text)
      },
    },
  })
  function publish(body: string, frame: (text: string) => string): void {
    for (const line of body.split('\n')) {
      const space = line.indexOf(' ')
      server.publish(line.slice(0, space), frame(line.slice(space + 1)))
    }
  }
  let notices = 0
  const numbered = (rest: string) => `{"type":"notification","id":"${++notices}",${rest}`
  return server
}

/** Subscribes at once: the exchange of the bench asks for no token. */
function hear(upstream: string, tell: (price: string) => void): void {
  const socket = new WebSocket(upstream.replace('http', 'ws'))
  socket.onopen = () => {
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', topic: tickerTopic }))
  }
  socket.onmessage = ({ data }) => {
    const { type, data: ticker } = JSON.parse(data)
    if (type === 'message') tell(ticker.price)
  }
}
