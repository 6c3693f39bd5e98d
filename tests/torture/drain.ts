import { join } from 'node:path'
import { startExchange } from '../simulators/exchange.ts'
import { kept } from '../systems/crash/kept.ts'
import type { Context, Served, Torture } from './context.ts'
import { listenTo, partner, tokenFor, type Listener } from './load/audience.ts'
import { audited, ended, everything, type Load } from './load/everything.ts'
import { none, wanted } from './load/http.ts'
import { openLine, type Line } from './load/line.ts'
import { eventually } from './watching.ts'

/** How a run is cut down for `npm test`. */
interface Scale {
  readonly clients: number
  readonly backlogBytes: number
  readonly drainMs: number
  /** Of that time the slow one takes so much for reading. */
  readonly readingShare: number
}

// Beyond half of the time nobody but who reads slowly is waited for.
const whole: Scale = { clients: 1_000, backlogBytes: 15e6, drainMs: 10_000, readingShare: 0.75 }
// A machine that runs all tests at once may be slow itself.
const small: Scale = { clients: 100, backlogBytes: 12e6, drainMs: 8_000, readingShare: 0.3 }

/** SIGTERM under everything at once, with a crowd that listens and one that reads slowly (promise 6). */
export const torture: Torture = {
  name: 'drain',
  about:
    'SIGTERM under load with 1,000 clients, one of them 15 MB behind: exit 0 in time, everybody gets a close frame, the backlog arrives, nothing that was accepted is lost; a second signal ends it at once',
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    const scale = context.minutes > 0 ? whole : small
    const load = await everything(context, 0.5)
    const exchange = await startExchange({ rate: 5 })
    const env = {
      ...load.env,
      FANFARE_PLEDGE_UPSTREAM_URL: exchange.url,
      FANFARE_PLEDGE_TIMEOUT: '5m',
      FANFARE_LIMITS_MAX_SPECTATORS_PER_IP: '10000',
      FANFARE_LIMITS_MAX_BACKLOG: '64MB',
      FANFARE_SERVER_DRAIN: `${scale.drainMs}ms`,
    }
    // A round of the second may well last longer than there is time.
    const curves = [{}, { FANFARE_CRASH_CURVE: 'exp:0.00015' }]
    const times: number[] = []
    let served = await context.serve(env)
    await load.prepare(served.url)
    do {
      const working = load.begin(served.url)
      times.push(await stopped(context, served, scale))
      await working.halt()
      served = await context.serve({ ...env, ...curves[times.length % 2] })
      await load.judge(served.url)
    } while (Date.now() < until)
    await ended(served)
    await audited(context)
    await cutShort(context, env)
    await Promise.all([load.stop(), exchange.stop()])
    const slowest = (Math.max(...times) / 1_000).toFixed(1)
    const backlog = `${scale.backlogBytes / 1e6} MB`
    return `${times.length} stops of ${scale.clients} clients, ${backlog} behind, at most ${slowest} s of ${scale.drainMs / 1_000} s; ${load.figures()}`
  },
}

/** Stops a server that is at work; resolves to how long it took, in ms. */
async function stopped(context: Context, served: Served, scale: Scale): Promise<number> {
  const crowd = await gather(served.url, scale.clients)
  const slow = await behind(served.url, scale.backlogBytes)
  await Bun.sleep(500 + 1_000 * context.random('drain')())
  const began = performance.now()
  const exit = served.stop()
  await slow.readOn(scale.backlogBytes / (scale.readingShare * scale.drainMs))
  const exitCode = await exit
  const ms = performance.now() - began
  if (exitCode !== 0) throw new Error(`SIGTERM ended it with ${exitCode}`)
  // Five times the promise: other work has its share of the machine.
  if (ms > 5 * scale.drainMs) throw new Error(`It took ${Math.round(ms)} ms`)
  for (const listener of crowd) await listener.ended
  none(
    'connections were not closed with 1012',
    crowd.filter(({ closed }) => closed !== 1012),
  )
  none(
    'connections heard nothing of what went on',
    crowd.filter(({ heard }) => heard === 0),
  )
  await audited(context)
  const { open } = kept(join(context.folder, 'data'), [])
  if (open > 0) throw new Error(`${open} bets neither ended nor were given back`)
  return ms
}

/** So many connections, spread over all systems. */
async function gather(url: string, count: number): Promise<readonly Listener[]> {
  const base = url.replace('http', 'ws')
  const acme = await partner(url, 'acme')
  const addresses = [
    ['jive', `${base}/jive/ws?token=${await tokenFor('jive', 'jo', { families: ['notes'] })}`],
    ['dcs', `${base}/ws/${await acme.channel(url)}`],
    ['locallife', `${base}/v1/ws?token=${await tokenFor('locallife', 'tom')}`],
    ['pledge', `${base}/pledge/ws`],
    ['crash', `${base}/crash/ws`],
  ] as const
  const crowd: Listener[] = []
  while (crowd.length < count) {
    const some = Array.from({ length: Math.min(50, count - crowd.length) }, (_, index) => {
      const [system, address] = addresses[(crowd.length + index) % addresses.length]!
      return listenTo(system, address)
    })
    crowd.push(...(await Promise.all(some)))
  }
  return crowd
}

const noteBytes = 9_000

/** A client that stops reading, and so many bytes for it. */
async function behind(url: string, bytes: number) {
  const token = await tokenFor('jive', 'slow', { families: [] })
  const heard: string[] = []
  let allowance = Infinity
  const address = `${url.replace('http', 'ws')}/jive/ws?token=${token}&after=`
  const hear = (text: string, { pause }: Pick<Line, 'pause'>) => {
    if (text.includes('"Notification"')) heard.push(JSON.parse(text).data.title)
    allowance -= text.length
    if (allowance < 0) pause()
  }
  // Or the kernel would take all of it, and the server would not be behind at all.
  const line = await openLine(address, hear, { receiveBytes: 65_536 })
  line.pause()
  const count = Math.ceil(bytes / noteBytes)
  for (let from = 0; from < count; from += 300) {
    const messages = Array.from({ length: Math.min(300, count - from) }, (_, index) => ({
      channel: 'jive/user:slow',
      type: 'Notification',
      data: { level: 'info', title: `${from + index}`, message: 'x'.repeat(noteBytes) },
    }))
    await wanted(url, { path: '/api/publish/batch', body: { messages } })
  }
  return {
    /** Reads so fast until it is closed; everything must have come, and then the close frame. */
    async readOn(bytesPerMs: number): Promise<void> {
      let last = performance.now()
      allowance = 0
      const ticking = setInterval(() => {
        const now = performance.now()
        allowance += (now - last) * bytesPerMs
        last = now
        if (allowance > 0) line.resume()
      }, 20)
      const code = await line.ended
      clearInterval(ticking)
      const wrong = heard.findIndex((title, index) => title !== `${index}`)
      if (code === 1012 && heard.length === count && wrong < 0) return
      throw new Error(`The slow one was closed with ${code} after ${heard.length} of ${count}`)
    },
  }
}

/** A second signal ends at once what would wait a minute for somebody who does not read. */
async function cutShort(context: Context, env: Load['env']): Promise<void> {
  const served = await context.serve({ ...env, FANFARE_SERVER_DRAIN: '60s' })
  await behind(served.url, 12e6)
  const began = performance.now()
  const first = served.stop()
  // Two signals that come before the first is looked at are one.
  await eventually('it stops', () => served.lines.some((line) => line.includes('"stopping"')))
  const exitCode = await Promise.race([first, Promise.resolve(served.stop())])
  const ms = performance.now() - began
  if (exitCode !== 1 || ms > 10_000) throw new Error(`It ended with ${exitCode} after ${ms} ms`)
}
