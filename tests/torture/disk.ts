import { join } from 'node:path'
import { serverKey, TestClient } from '../fixture.ts'
import { startExchange } from '../simulators/exchange.ts'
import type { Context, Served, Torture } from './context.ts'
import { tokenFor } from './load/audience.ts'
import { audited, ended, everything, type Load } from './load/everything.ts'
import { request, wanted, type Request } from './load/http.ts'
import { smallDisk, type SmallDisk } from './mounts.ts'
import { eventually, listen, must, readiness, watch, type Watching } from './watching.ts'

/** The disk is full again and again under everything at once (promise 10). */
export const torture: Torture = {
  name: 'disk',
  about:
    'a disk that is full under bets, wallets, payments, publishes and bookings: clean refusals, live telling goes on, nothing that was acknowledged is lost, writing comes back by itself',
  needs: ['root', 'mount'],
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    using disk = smallDisk(join(context.folder, 'data'), 'size=64m')
    const load = await everything(context, context.minutes > 0 ? 1 : 0.4)
    const exchange = await startExchange({ rate: 5 })
    try {
      const served = await context.serve({ ...load.env, FANFARE_PLEDGE_UPSTREAM_URL: exchange.url })
      await load.prepare(served.url)
      const watching = await watch(served.url)
      const listening = await listen(served.url)
      const player = await seat(served.url)
      const working = load.begin(served.url)
      const random = context.random('disk')
      let times = 0
      do {
        await Bun.sleep(500 + 1_000 * random())
        await fullFor(500 + 2_000 * random(), { disk, served, watching, player })
        times++
      } while (Date.now() < until)
      const { rounds } = watching.heard()
      await eventually('rounds go on', () => watching.heard().rounds > rounds + 1)
      await working.halt()
      await load.judge(served.url)
      await listening.judge()
      watching.leave()
      const again = await killedWhileFull(context, load, disk, served)
      await load.judge(again.url)
      await ended(again)
      await audited(context)
      return `full ${times + 1} times; ${load.figures()}`
    } finally {
      await exchange.stop()
      await load.stop()
    }
  },
}

/** kill -9 on a full disk, and a start on it, as an impatient operator would: either is refused in peace, and all is there once there is room. */
async function killedWhileFull(
  context: Context,
  load: Load,
  disk: SmallDisk,
  served: Served,
): Promise<Served> {
  const working = load.begin(served.url)
  disk.fill()
  const refill = setInterval(() => disk.fill(), 20)
  const failing = async () => (await readiness(served.internal)).status === 503
  await eventually('readiness fails', failing)
  await served.kill()
  await working.halt()
  const early = context.launch(load.env)
  // Where the log of the database has room it starts, and refuses what needs more.
  const code = await Promise.race([early.exited, Bun.sleep(3_000)])
  must(code === undefined || code === 1, 'A start on a full disk ended with', code)
  early.kill('SIGKILL')
  await early.exited
  clearInterval(refill)
  disk.free()
  return context.serve(load.env)
}

interface Flood {
  readonly disk: SmallDisk
  readonly served: Served
  readonly watching: Watching
  readonly player: TestClient
}

/** Fills the disk, looks at what is answered and told meanwhile, and waits until all is well after it has room again. */
async function fullFor(ms: number, { disk, served, watching, player }: Flood): Promise<void> {
  const { url, internal } = served
  disk.fill()
  // What is freed meanwhile, by a checkpoint for example, is taken, too.
  const refill = setInterval(() => disk.fill(), 20)
  try {
    await eventually('readiness names both databases', async () => {
      await publish(url, 'x'.repeat(9_000))
      const { status, checks } = await readiness(internal)
      return status === 503 && [checks.store, checks.crash].every((check) => /full/.test(check))
    })
    const before = watching.heard()
    await refused(url, player)
    await Bun.sleep(ms)
    await refused(url, player)
    const { prices, rounds } = watching.heard()
    must(prices > before.prices, 'No price is told while the disk is full', before)
    // The settlement of one may have been on its way.
    must(rounds <= before.rounds + 1, 'Rounds end while the disk is full', { before, rounds })
  } finally {
    clearInterval(refill)
    disk.free()
  }
  await eventually('it is ready again', async () => (await readiness(internal)).status === 200)
}

/** Whoever wants something kept is refused in the words of its wire; whoever asks for what is kept gets it, and newcomers are let in. */
async function refused(url: string, player: TestClient): Promise<void> {
  await turnedAway('a publish', async () => {
    const { status, headers } = await publish(url, 'b')
    must(status === 200 || Number(headers.get('retry-after')) >= 1, 'No Retry-After', status)
    return status
  })
  await turnedAway('a movement of a wallet', () => {
    const body = { amount: '1.00', tx_id: crypto.randomUUID() }
    return statusOf(url, { path: '/api/wallets/full/credit', body })
  })
  await turnedAway('a new partner', () => {
    const path = `/api/dcs/partners/${crypto.randomUUID()}`
    return statusOf(url, { method: 'PUT', path })
  })
  await turnedAway('a bet', async () => {
    const slots = [{ slotId: 1, amount: '1.00' }]
    const placed = await answer(player, 'PLACE_BET', { crash: { slots }, nextRound: true })
    const isThere = placed.t !== 'ERROR' || placed.p.code === 'MAX_BETS_EXCEEDED'
    const { t, p } = isThere ? await answer(player, 'CANCEL_BET', { slotId: 0 }) : placed
    if (p.details?.cause === 'STORE_UNAVAILABLE') return 503
    return t === 'ERROR' ? p : 200
  })
  must((await statusOf(url, { path: history })) === 200, 'What is kept is not read', null)
  const token = await tokenFor('jive', 'nora', { families: [] })
  const newcomer = await TestClient.open(`${url.replace('http', 'ws')}/jive/ws?token=${token}`)
  must((await newcomer.next()).type === 'Connected', 'A newcomer is not greeted', null)
  newcomer.socket.terminate()
}

const history = '/api/channels/jive/family:notes/history?limit=1'

/** Asks for something until it is refused: what is small may still fit into a log that has room left. */
async function turnedAway(what: string, ask: () => Promise<unknown>): Promise<void> {
  await eventually(`${what} is refused`, async () => {
    const status = await ask()
    must([200, 201, 503].includes(status as number), `The answer to ${what}`, status)
    return status === 503
  })
}

async function statusOf(url: string, asked: Request): Promise<number | undefined> {
  return (await request(url, asked))?.status
}

function publish(url: string, message: string): Promise<Response> {
  const data = { level: 'info', title: 'a', message }
  return fetch(`${url}/api/publish`, {
    method: 'POST',
    headers: { authorization: `Bearer ${serverKey}` },
    body: JSON.stringify({ channel: 'jive/family:full', type: 'Notification', data }),
  })
}

/** A player with a purse who bets nothing of it. */
async function seat(url: string): Promise<TestClient> {
  const path = '/api/wallets/fay/credit'
  await wanted(url, { path, body: { amount: '100.00', tx_id: 'fay' } })
  const token = await tokenFor('crash', 'fay', { families: [] })
  return TestClient.open(`${url.replace('http', 'ws')}/crash/ws?token=${token}`)
}

async function answer(client: TestClient, t: string, p: object): Promise<any> {
  const i = crypto.randomUUID()
  client.send({ i, t, p })
  for (;;) {
    const one = await client.next()
    if (one.i === i) return one
  }
}
