import { Glob } from 'bun'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestClient } from '../fixture.ts'
import type { Context, Served, Torture } from './context.ts'
import { listenTo, partner, tokenFor } from './load/audience.ts'
import { audited, ended, everything, type Load } from './load/everything.ts'
import { request, wanted } from './load/http.ts'
import { eventually, listen, must } from './watching.ts'

const hour = 3_600_000

/** The wall clock of the server jumps, under everything at once (promise 9). */
export const torture: Torture = {
  name: 'clock',
  about:
    'the wall clock goes 18 h ahead, back over midnight, back while the server is down, and slews: timers, multipliers and limits do not move; tokens, channels and stamps do; no id comes twice',
  needs: ['faketime'],
  async run(context) {
    using wall = fakeWall(context)
    const load = await everything(context, context.minutes > 0 ? 1 : 0.4)
    try {
      const env = { ...load.env, ...wall.env, ...lives }
      let served = await context.serve(env)
      await load.prepare(served.url)
      const listening = await listen(served.url)
      const flights = await watchFlights(served.url)
      const mortals = await guests(served.url)
      const used = await rate(served.url)
      await working(served, load, async () => {
        await used()
        wall.jump(18 * hour + 20 * 60_000)
        const granted = await used()
        must(granted < 4, 'A day filled an empty rate', { granted })
      })
      await mortals.haveEnded()
      await stamped(served.url)
      await working(served, load, async () => {
        await used()
        wall.jump(-hour)
        await eventually('a rate fills again in its own time', async () => (await used()) > 0)
      })
      await stamped(served.url)
      const random = context.random('clock')
      const until = Date.now() + context.minutes * 60_000
      do {
        await working(served, load, async () => {
          for (let count = 0; count < 20; count++) {
            wall.jump(Math.round((random() - 0.5) * 400))
            await Bun.sleep(20)
          }
        })
      } while (Date.now() < until)
      await listening.judge()
      flights.judge()
      await ended(served)
      wall.jump(-hour / 2)
      served = await context.serve(env)
      await working(served, load, () => {})
      await load.judge(served.url)
      const rounds = await roundsRise(served.url)
      await ended(served)
      await audited(context)
      return `${rounds} rounds, ${flights.ticks()} multipliers; ${load.figures()}`
    } finally {
      await load.stop()
    }
  },
}

/** What lives by the wall clock: shorter than the jump, or longer where the load counts on it. */
const lives = {
  FANFARE_DCS_CHANNEL_TTL: '12h',
  FANFARE_LOCALLIFE_PAYMENT_DEADLINE: '1d',
  FANFARE_JIVE_PING_INTERVAL: '2s',
  FANFARE_JIVE_TIMEOUT: '6s',
}

/** Wall time of the server and of this process, the same for both. */
interface Wall extends Disposable {
  readonly env: Readonly<Record<string, string>>
  jump(ms: number): void
}

/** Begins at six in the morning, so that each jump crosses midnight, or does not, whenever this runs. */
function fakeWall({ folder }: Context): Wall {
  const [library] = new Glob('/usr/lib/**/faketime/libfaketimeMT.so.1').scanSync('/')
  if (library === undefined) throw new Error('libfaketimeMT.so.1 is not beside faketime')
  const file = join(folder, 'wall')
  const real = Date.now
  let offset = 6 * hour - (real() % (24 * hour))
  function tell(): void {
    writeFileSync(file, `${offset < 0 ? '' : '+'}${(offset / 1_000).toFixed(3)}`)
    Date.now = () => real() + offset
  }
  tell()
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // Bun's timers and `performance.now` are monotonic: no machine moves them.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    jump(ms) {
      offset += ms
      tell()
    },
    [Symbol.dispose]() {
      Date.now = real
    },
  }
}

/** The load works before, while and after something happens to the clock; it is begun anew then, since tokens of players have expired. */
async function working(
  { url }: Served,
  load: Load,
  happens: () => void | Promise<void>,
): Promise<void> {
  const before = load.begin(url)
  await Bun.sleep(400)
  await happens()
  await Bun.sleep(400)
  await before.halt()
  const after = load.begin(url)
  await Bun.sleep(400)
  await after.halt()
}

interface Flights {
  ticks(): number
  /** Throws unless multipliers rose with the monotonic clock and were stamped with the wall clock. */
  judge(): void
}

/** Watches each flight of crash against the clock of this process, which nobody moves. */
async function watchFlights(url: string): Promise<Flights> {
  const client = await TestClient.open(`${url.replace('http', 'ws')}/crash/ws`)
  const wrong: unknown[] = []
  let ticks = 0
  let last: { elapsed: number; at: number } | null = null
  client.socket.addEventListener('message', ({ data }) => {
    const { t, p } = JSON.parse(String(data)) as { t: string; p: any }
    if (t === 'CRASH_PHASE_CHANGE') last = null
    if (t !== 'CRASH_MULTIPLIER_UPDATE') return
    ticks++
    const now = { elapsed: p.elapsedTime as number, at: performance.now() }
    const moved = last === null ? 0 : now.elapsed - last.elapsed - (now.at - last.at)
    if (Math.abs(moved) > 5_000) wrong.push({ moved, ...p })
    last = now
  })
  return {
    ticks: () => ticks,
    judge() {
      must(wrong.length === 0, 'Multipliers jumped with the clock', wrong.slice(0, 3))
      must(ticks > 0 && client.closed === null, 'The watcher saw', { ticks, end: client.closed })
      client.socket.terminate()
    },
  }
}

/** Guests whose time ends within the jump, and who learn so. */
async function guests(url: string): Promise<{ haveEnded(): Promise<void> }> {
  const base = url.replace('http', 'ws')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const token = await tokenFor('jive', 'gus', { families: [], exp })
  const guest = await listenTo('jive', `${base}/jive/ws?token=${token}`)
  const { channel } = await partner(url, 'mortal')
  const old = await listenTo('dcs', `${base}/ws/${await channel(url)}`)
  return {
    async haveEnded() {
      await eventually('a token ends with its time', () => guest.closed === 4401)
      await eventually('a channel ends with its time', () => old.closed === 4404)
      const fresh = await listenTo('dcs', `${base}/ws/${await channel(url)}`)
      must(fresh.closed === null, 'A new channel is closed', fresh.closed)
    },
  }
}

/** A rate of one a second, five at once, that is used up by asking how much of it there is. */
async function rate(url: string): Promise<() => Promise<number>> {
  const token = await tokenFor('jive', 'rex', { families: ['limits'] })
  const rule = { family_id: 'limits', contains: 'a', category: 'b' }
  const { id } = await wanted(url, { path: '/api/v1/rules', token, body: rule })
  return async () => {
    for (let granted = 0; ; granted++) {
      const path = `/api/v1/rules/${id}/execute`
      const answer = await request(url, { method: 'POST', path, token })
      if (answer?.status === 429) return granted
      must(answer?.status === 200, 'A rule is answered', answer)
    }
  }
}

/** What is recorded now is stamped with the wall clock of now. */
async function stamped(url: string): Promise<void> {
  const data = { status: 'PASS' }
  const body = { channel: 'dcs/partner:mortal', type: 'KYC_STATUS', externalUserId: 'a', data }
  const { version } = await wanted(url, { path: '/api/publish', body })
  const path = `/api/channels/dcs/partner:mortal/history?after=${version - 1}`
  const { messages } = await wanted(url, { path })
  const off = messages[0].at - Date.now()
  must(Math.abs(off) < 60_000, 'A message is stamped with another time', { off })
}

/** Every round there was has an id of its own, and each a higher one than the one before it. */
async function roundsRise(url: string): Promise<number> {
  const ids: string[] = []
  for (let before = ''; ; before = `&before=${ids.at(-1)}`) {
    const { rounds } = await wanted(url, { path: `/api/crash/rounds?limit=100${before}` })
    if (rounds.length === 0) break
    ids.push(...rounds.map(({ roundId }: { roundId: string }) => roundId))
  }
  const wrong = ids.findIndex((id, place) => place > 0 && !(id < ids[place - 1]!))
  must(wrong < 0 && ids.length > 1, 'Rounds are not in order', { wrong, ids: ids.slice(0, 3) })
  return ids.length
}
