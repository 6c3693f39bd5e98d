import { startExchange } from '../simulators/exchange.ts'
import type { Context, Served, Torture } from './context.ts'
import { partner, tokenFor } from './load/audience.ts'
import { wanted } from './load/http.ts'
import { openLine, type Line } from './load/line.ts'
import { eventually, megabytes, metric, must } from './watching.ts'

/** Readers that stop among readers that go on (promise 4). */
export const torture: Torture = {
  name: 'slow',
  about:
    'readers of every system that stop reading: cut with 1013 and counted, or told the newest alone; the others miss nothing, and the memory of the server stays within the limit of each',
  async run(context) {
    const exchange = await startExchange({ rate: 40 })
    try {
      const served = await context.serve({
        FANFARE_PLEDGE_UPSTREAM_URL: exchange.url,
        FANFARE_LIMITS_MAX_BACKLOG: `${backlog}MB`,
        FANFARE_LOCALLIFE_REDELIVER_AFTER: '1h',
        FANFARE_CRASH_CURVE: 'exp:0.0005',
      })
      const newest = await conflated(served.url)
      const cut = await cutOff(served, context.minutes > 0 ? 15 : 5)
      const kept = await newest()
      must((await served.stop()) === 0, 'It did not end in peace', null)
      return `${cut}; ${kept}`
    } finally {
      await exchange.stop()
    }
  },
}

/** What one reader may leave unread, in MB. */
const backlog = 2
/** The kernels of both ends take some 6 MB for a reader that has stopped; told to each channel at least, in MB. */
const volume = 14
/** Told to each channel in a second, in MB: less than half of the limit, so that whoever stops is found by the look of each second and not cut by Bun, who does not say so. */
const speed = 0.8
const fastEach = 3

/** Somebody on a channel where every message counts. */
interface Reader {
  readonly line: Line
  readonly versions: number[]
}

/** One channel of a system, how to listen to it and what to publish there. */
interface Stream {
  readonly address: string
  /** Bytes of a frame. */
  readonly size: number
  /** The n-th message. */
  message(n: number): Readonly<Record<string, unknown>>
  /** Which message a frame tells; NaN when it tells none. */
  place(frame: any): number
}

/** Lets readers of the systems with history stop, tells them more than anybody may leave unread, and lets them read again. */
async function cutOff(served: Served, slowEach: number): Promise<string> {
  const { url, internal, pid } = served
  const streams = await streamsAt(url)
  const read = (stream: Stream) => listen(stream)
  const fast = await Promise.all(streams.flatMap((one) => times(fastEach, () => read(one))))
  const slow = await Promise.all(streams.flatMap((one) => times(slowEach, () => read(one))))
  for (const { line } of slow) line.pause()
  const before = await megabytes(pid)
  let most = before
  const look = async () => (most = Math.max(most, await megabytes(pid)))
  let isCut = false
  const goesOn = async (megabytesTold: number) => {
    await look()
    return megabytesTold < volume || !isCut
  }
  const telling = Promise.all(streams.map((stream) => tell(url, stream, goesOn)))
  await eventually(
    'every slow reader is cut and counted',
    async () => (await metric(internal, 'slow_consumers_closed_total')) === slow.length,
    50_000,
  ).finally(() => (isCut = true))
  const [stuck, back] = [slow.slice(0, 1), slow.slice(1)]
  for (const { line } of back) line.resume()
  const codes = new Set(await Promise.all(back.map(({ line }) => line.ended)))
  // The runtime gives a connection up whose end is not read within a few seconds: those cut first may find it so.
  must(
    [...codes].every((code) => code === 1013 || code === 1006),
    'Slow readers saw',
    [...codes],
  )
  const counts = await telling
  await eventually('the fast ones have everything', () =>
    fast.every(({ versions }, place) => versions.length >= counts[Math.floor(place / fastEach)]!),
  )
  const torn = [...fast, ...slow].filter(({ versions }) =>
    versions.some((one, place) => one !== place + 1),
  )
  must(torn.length === 0, 'Messages are missing, or out of order', torn[0]?.versions.slice(0, 9))
  must(
    fast.every(({ line }) => line.closed === null),
    'A fast reader was cut',
    null,
  )
  // Two follow prices, two the game.
  const others = fast.length + 4
  await eventually(
    'who never reads again is gone, too',
    async () => (await metric(internal, 'connections')) === others,
  )
  for (const { line } of stuck) line.reset()
  const limit = slow.length * backlog + 150
  must(most - before < limit, 'Memory went beyond the limit', { before, most, limit })
  for (const { line } of fast) line.finish()
  return `${slow.length} cut, ${Math.round(most - before)} MB more at most, ${counts.join('+')} messages to the others`
}

function times<One>(count: number, make: (index: number) => One): readonly One[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

async function listen({ address, place }: Stream): Promise<Reader> {
  const versions: number[] = []
  const line = await openLine(address, (text) => {
    const frame = JSON.parse(text)
    if (frame.type === 'Ping') line.send('{"command":"Pong"}')
    const version = place(frame)
    if (!Number.isNaN(version)) versions.push(version)
  })
  return { line, versions }
}

/** Publishes at an even speed at most, since whoever catches up would fill a backlog between two looks; resolves to how many. */
async function tell(
  url: string,
  stream: Stream,
  goesOn: (megabytesTold: number) => Promise<boolean>,
): Promise<number> {
  const perTurn = Math.ceil((speed * 1e5) / stream.size)
  let count = 0
  while (await goesOn((count * stream.size) / 1e6)) {
    const messages = times(perTurn, (index) => stream.message(count + index + 1))
    const turn = Bun.sleep((perTurn * stream.size) / (speed * 1_000))
    await wanted(url, { path: '/api/publish/batch', body: { messages } })
    count += perTurn
    await turn
  }
  return count
}

/** A channel of each system that keeps its history. */
async function streamsAt(url: string): Promise<readonly Stream[]> {
  const base = url.replace('http', 'ws')
  const path = '/api/locallife/operators/oli'
  await wanted(url, { method: 'PUT', path, body: { role: 'admin' } })
  const ann = await tokenFor('jive', 'ann', { families: ['busy'] })
  const channel = await (await partner(url, 'busy')).channel(url)
  const oli = await tokenFor('locallife', 'oli')
  const long = 'x'.repeat(9_000)
  const short = 'x'.repeat(250)
  const fields = ['network', 'freeDelta', 'freezeDelta', 'externalTranId', 'free', 'freeze', 'type']
  const balance = Object.fromEntries(fields.map((field) => [field, short]))
  return [
    {
      address: `${base}/jive/ws?token=${ann}`,
      size: 9_100,
      message: (n) => ({
        channel: 'jive/family:busy',
        type: 'Notification',
        data: { level: 'info', title: String(n), message: long },
      }),
      place: ({ type, data }) => (type === 'Notification' ? Number(data.title) : NaN),
    },
    {
      address: `${base}/ws/${channel}`,
      size: 2_000,
      message: (n) => ({
        channel: 'dcs/partner:busy',
        type: 'BALANCE_CHANGE',
        externalUserId: 'a',
        data: { asset: 'BTC', tranId: String(n), ...balance },
      }),
      place: ({ data }) => Number(data.tranId),
    },
    {
      address: `${base}/v1/ws?token=${oli}`,
      size: 9_150,
      message: (n) => ({
        channel: 'locallife/platform',
        type: 'notification',
        data: { title: String(n), content: long },
      }),
      place: ({ type, data }) => (type === 'notification' ? Number(data.title) : NaN),
    },
  ]
}

/** A reader of prices and one of multipliers that stop, beside two that go on; to be asked at the end what they were told. */
async function conflated(url: string): Promise<() => Promise<string>> {
  const base = url.replace('http', 'ws')
  const addresses = [`${base}/pledge/ws`, `${base}/crash/ws`]
  const fast = await Promise.all(addresses.map(follow))
  const slow = await Promise.all(addresses.map(follow))
  for (const { line } of slow) line.pause()
  return async () => {
    for (const { line } of slow) line.resume()
    await eventually('whoever was behind is told the newest', () =>
      slow.every(({ last }, place) => last() === fast[place]!.last()),
    )
    const told = slow.map(({ ticks }, place) => `${ticks()} of ${fast[place]!.ticks()}`)
    const few = slow.every(({ ticks }, place) => ticks() < 0.75 * fast[place]!.ticks())
    must(few, 'What is old waited for slow readers', told)
    const [, rounds] = [fast, slow].map(([, game]) => game!.rounds())
    must(rounds === fast[1]!.rounds(), 'A slow reader has missed the end of a round', rounds)
    must(
      slow.every(({ line }) => line.closed === null),
      'A slow reader was cut',
      told,
    )
    for (const { line, stop } of [...fast, ...slow]) {
      stop()
      line.finish()
    }
    return `${told[0]} prices and ${told[1]} multipliers to who stopped`
  }
}

interface Follower {
  readonly line: Line
  /** Prices or multipliers, the last of them, and rounds that ended. */
  ticks(): number
  last(): string
  rounds(): number
  stop(): void
}

async function follow(address: string): Promise<Follower> {
  let [ticks, rounds, last] = [0, 0, '']
  const line = await openLine(address, (text) => {
    if (text.includes('CRASH_ROUND_END')) rounds++
    if (!text.startsWith('{"code":0') && !text.includes('CRASH_MULTIPLIER_UPDATE')) return
    ticks++
    last = text
  })
  const pinging = setInterval(() => address.includes('/pledge/') && line.send('ping'), 5_000)
  return {
    line,
    ticks: () => ticks,
    last: () => last,
    rounds: () => rounds,
    stop: () => clearInterval(pinging),
  }
}
