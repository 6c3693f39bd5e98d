import type { Socket, SocketHandler } from 'bun'
import { clientFrame, newWalk, walk } from './frames.ts'
import { createLatencies, type Counted } from './latency.ts'
import { handshake, newLink, readAnswer, type Link } from './link.ts'
import type { Opened, Opening } from './opening.ts'
import { startPinging } from './pinging.ts'
import { quoteStamp } from './quote.ts'
import { createQuotes, stragglersOf, type Straggler } from './quotes.ts'
import { createPlayers } from './players.ts'
import { createReceipts, type Repeats } from './receipts.ts'
import { takeOrders, tellNews } from './role.ts'
import { createStampReader } from './stamp.ts'
import { clock, sleep, until, wallMicros } from './time.ts'

/** What a process of clients has received since `begin`. */
export interface Received {
  /** Stamped frames, in all and on the connections with the fewest and the most. */
  readonly frames: number
  readonly least: number
  readonly most: number
  readonly latencies: Counted
  readonly repeats: Repeats
  /** Prices that came again. */
  readonly doubled: number
  readonly stragglers: readonly Straggler[]
  /** Connections that ended though we did not end them. */
  readonly lost: number
}

const text = 1
const close = 8
const ping = 9
const pong = 10
const handshakePatienceMs = 20_000
const alive = clientFrame(text, new TextEncoder().encode('{"command":"Pong"}'))

/** The role `client`: many connections over raw sockets, since Bun's own WebSocket client would be the bottleneck. */
export function clientRole(): void {
  let links: Link[] = []
  let opening: Opening
  let latencies = createLatencies()
  const receipts = createReceipts()
  const quotes = createQuotes()
  const players = createPlayers(() => links)
  let frames = 0
  let lost = 0
  let reportEvery = Infinity
  let reportAt = Infinity
  let command: Uint8Array | null = null
  let current: Link
  let now = 0
  let stampOf = createStampReader()

  const handlers: SocketHandler<Link> = {
    open(socket) {
      socket.data.socket = socket
      socket.write(handshake(opening.host, opening.port, socket.data.path))
    },
    data(socket, bytes) {
      current = socket.data
      now = wallMicros()
      if (current.stage !== 'connecting') return receive(bytes)
      const answer = readAnswer(current, bytes)
      if (answer === null) return
      if (answer.status !== '101') return fail(current, answer.status)
      if (opening.greeting) current.stage = 'greeted'
      else ready(current)
      receive(answer.rest)
    },
    close: (socket) => fail(socket.data, 'lost'),
    connectError: (socket) => fail(socket.data, 'refused'),
    error: (socket) => void socket.terminate(),
  }

  function receive(bytes: Uint8Array): void {
    if (bytes.length > 0) walk(current.walk, bytes, take)
    if (frames < reportAt) return
    reportAt = (Math.floor(frames / reportEvery) + 1) * reportEvery
    tellNews(Math.floor(frames / links.length))
  }

  function take(opcode: number, bytes: Uint8Array, start: number, end: number): void {
    if (opcode === text) {
      if (opening.kind === 'players') {
        if (players.take(current, bytes, start, end, now)) ready(current)
        return
      }
      const stamp = stampOf(bytes, start, end)
      if (stamp < 0) return takeReply(bytes, start, end)
      const age = now - stamp
      const { kind } = opening
      if (kind === 'notices' && !receipts.take(current, bytes, start, end, age)) return
      if (kind === 'prices' && !quotes.take(current, stamp, age)) return
      latencies.add(age)
      current.frames++
      frames++
    } else if (opcode === ping) {
      current.socket?.write(clientFrame(pong, bytes.subarray(start, end)))
    } else if (opcode === close) {
      current.socket?.end()
    }
  }

  /** Any frame without a stamp: the greeting, a ping of the application, or the reply to a command. */
  function takeReply(bytes: Uint8Array, start: number, end: number): void {
    if (current.stage === 'greeted') return ready(current)
    if (isApplicationPing(bytes, start, end)) return void current.socket?.write(alive)
    if (command === null) return
    frames++
    latencies.add(now - current.beganAt)
    send(current, command)
  }

  function send(link: Link, frame: Uint8Array): void {
    link.beganAt = wallMicros()
    link.socket?.write(frame)
  }

  function ready(link: Link): void {
    link.stage = 'ready'
    link.settle?.('ready')
  }

  function fail(link: Link, status: string): void {
    if (link.stage === 'ready') lost++
    if (link.stage === 'closed') return
    link.stage = 'closed'
    link.socket?.terminate()
    link.settle?.(status)
  }

  async function connect(link: Link): Promise<string> {
    const settled = Promise.withResolvers<string>()
    Object.assign(link, { settle: settled.resolve, stage: 'connecting', walk: newWalk() })
    link.beganAt = wallMicros()
    const { host: hostname, port } = opening
    Bun.connect({ hostname, port, data: link, socket: handlers }).catch(() => fail(link, 'refused'))
    const status = await settled.promise
    link.settle = null
    return status
  }

  async function connectAll(): Promise<Opened> {
    const handshakes = createLatencies()
    const failed: Record<string, number> = {}
    const queue = links.values()
    async function lane(): Promise<void> {
      for (const link of queue) {
        const status = await connect(link)
        if (status === 'ready') handshakes.add(wallMicros() - link.beganAt)
        else failed[status] = (failed[status] ?? 0) + 1
      }
    }
    const lanes = Promise.all(Array.from({ length: opening.window }, lane))
    await Promise.race([lanes, sleep(handshakePatienceMs + links.length * 5)])
    return { ready: handshakes.count, failed, handshakes: handshakes.counted() }
  }

  function received(): Received {
    const counts = links.map((link) => link.frames)
    const least = counts.reduce((a, b) => Math.min(a, b), Infinity)
    const most = counts.reduce((a, b) => Math.max(a, b), 0)
    const repeats = receipts.repeats()
    const { doubled } = quotes
    const stragglers = stragglersOf(links)
    const counted = latencies.counted()
    return { frames, least, most, latencies: counted, repeats, doubled, stragglers, lost }
  }

  function begin(every: number, from: number): void {
    latencies = createLatencies()
    receipts.begin()
    quotes.begin(from)
    frames = lost = 0
    reportEvery = reportAt = every * links.length
    for (const link of links) link.frames = 0
  }

  takeOrders({
    open(wanted: Opening) {
      opening = wanted
      receipts.acknowledge(wanted.kind === 'notices')
      links = wanted.paths.map(newLink)
      if (wanted.kind === 'prices') {
        stampOf = quoteStamp
        startPinging(links)
      }
      return connectAll()
    },
    reopen: connectAll,
    /** `every`: how many messages to all connections lie between two reports of progress; prices count that were told `from` then on. */
    begin: ({ every, from = 0 }: { every: number | null; from?: number }) =>
      begin(every ?? Infinity, from),
    received,
    acknowledge: ({ wanted }: { wanted: boolean }) => receipts.acknowledge(wanted),
    /** Sends the command on every connection and again after each reply, for `ms`. */
    async repeat({ payload, ms }: { payload: string; ms: number }) {
      begin(Infinity, 0)
      command = clientFrame(text, new TextEncoder().encode(payload))
      const startedAt = clock.elapsed()
      for (const link of links) send(link, command)
      await sleep(ms)
      command = null
      return { ...received(), ms: clock.elapsed() - startedAt }
    },
    pause({ count }: { count: number }) {
      const stragglers = links.slice(0, count)
      for (const link of stragglers) link.straggles = true
      eachSocket(stragglers, 'pause')
    },
    resume: () => eachSocket(links, 'resume'),
    async cut() {
      for (const link of links) {
        link.stage = 'closed'
        link.socket?.terminate()
      }
      await until(() => links.every(({ socket }) => (socket?.readyState ?? 0) <= 0), 5_000)
    },
    ...players.orders,
    alive: () => links.filter(({ stage }) => stage === 'ready').length,
  })
}

function eachSocket(links: readonly Link[], what: 'pause' | 'resume'): void {
  for (const { socket } of links) socket?.[what]()
}

/** `{"type":"Ping"}`: the only frame of 15 bytes with `Pi` there. */
function isApplicationPing(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 15 && bytes[start + 9] === 80 && bytes[start + 10] === 105
}
