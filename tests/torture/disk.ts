import { join } from 'node:path'
import { signToken } from '../../src/core/auth.ts'
import { secret, serverKey, TestClient } from '../fixture.ts'
import { startExchange } from '../simulators/exchange.ts'
import type { Served, Torture } from './context.ts'
import { audited, ended, everything } from './load/everything.ts'
import { request, wanted } from './load/http.ts'
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
      await ended(served)
      await audited(context)
      return `full ${times} times; ${load.figures()}`
    } finally {
      await exchange.stop()
      await load.stop()
    }
  },
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
  const told = await publish(url, 'b')
  const { code } = (await told.json()) as { code: string }
  must(told.status === 503 && code === 'STORE_UNAVAILABLE', 'A publish is answered', code)
  must(Number(told.headers.get('retry-after')) >= 1, 'Nothing says when to publish again', code)
  const amount = { amount: '1.00', tx_id: crypto.randomUUID() }
  const wallet = await request(url, { path: '/api/wallets/full/credit', body: amount })
  must(wallet?.status === 503, 'A movement of a wallet is answered', wallet)
  const partner = await request(url, { method: 'PUT', path: '/api/dcs/partners/full' })
  must(partner?.status === 503, 'A new partner is answered', partner)
  const bet = { slots: [{ slotId: 1, amount: '1.00' }] }
  const error = await answer(player, { t: 'PLACE_BET', p: { crash: bet, nextRound: true } })
  const { details } = error.p
  must(error.t === 'ERROR' && details.cause === 'STORE_UNAVAILABLE', 'A bet is answered', error)
  const history = await request(url, { path: '/api/channels/jive/family:notes/history?limit=1' })
  must(history?.status === 200, 'A reader is answered', history)
  const token = await tokenOf('nora', 'jive')
  const newcomer = await TestClient.open(`${url.replace('http', 'ws')}/jive/ws?token=${token}`)
  must((await newcomer.next()).type === 'Connected', 'A newcomer is not greeted', null)
  newcomer.socket.terminate()
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
  const token = await tokenOf('fay', 'crash')
  return TestClient.open(`${url.replace('http', 'ws')}/crash/ws?token=${token}`)
}

function tokenOf(sub: string, aud: string): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  return signToken({ sub, aud, exp, families: [] }, secret)
}

async function answer(client: TestClient, frame: object): Promise<any> {
  const i = crypto.randomUUID()
  client.send({ i, ...frame })
  for (;;) {
    const one = await client.next()
    if (one.i === i) return one
  }
}
