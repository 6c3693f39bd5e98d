import { startExchange } from '../simulators/exchange.ts'
import type { Served, Torture } from './context.ts'
import { historyOf, none } from './load/http.ts'
import { publishing } from './load/publishing.ts'
import { readers, type Reader } from './load/readers.ts'
import { returning } from './load/returning.ts'
import { ended } from './load/everything.ts'

/** Clients that are cut off again and again, by themselves, by the network or with the server, and miss nothing (promise 3). */
export const torture: Torture = {
  name: 'resume',
  about:
    'clients are cut by FIN, RST, silence and kill -9 of the server and come back with their last position: live and history together are everything, each once, in order; players and prices are as they were',
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    const exchange = await startExchange({ rate: 5 })
    const work = publishing(context.random('publish'), 2)
    const env = { FANFARE_PLEDGE_UPSTREAM_URL: exchange.url, FANFARE_CRASH_BETTING: '1s' }
    let served: Served | null = await context.serve(env)
    await work.prepare(served.url)
    const random = context.random('resume')
    const each = context.minutes > 0 ? 8 : 3
    const all = await readers(served.url, each, random)
    const back = await returning(served.url, random)
    let halted = false
    const url = () => served?.url ?? null
    const reading = [...all, back].map((one) => one.read(url, () => halted))
    let kills = 0
    do {
      const running = served
      await whileWorking(running.url, work, async () => {
        await Bun.sleep(1_000 + 2_000 * random())
        await running.kill()
      })
      served = null
      kills++
      served = await context.serve(env)
      await work.deeds.settle(served.url)
    } while (kills < 2 || Date.now() < until)
    await whileWorking(served.url, work, () => Bun.sleep(1_000))
    halted = true
    await Promise.all(reading)
    await work.verify(served.url)
    await judge(served.url, all)
    none('players or prices were not as they had been', back.complaints)
    await ended(served)
    await exchange.stop()
    return summary(kills, all, back.figures())
  },
}

/** Does something in the middle of work. */
async function whileWorking(
  url: string,
  work: ReturnType<typeof publishing>,
  act: () => Promise<unknown>,
): Promise<void> {
  let over = false
  const working = work.work(url, () => over)
  await act()
  over = true
  await working
}

/** Everybody has heard what was recorded: all of it, once, in order. */
async function judge(url: string, all: readonly Reader[]): Promise<void> {
  for (const system of new Set(all.map((one) => one.system))) {
    const mine = all.filter((one) => one.system === system)
    const recorded = await historyOf(url, mine[0]!.history)
    const marks = recorded.map(({ data, meta }) => meta?.externalUserId ?? data.title)
    await Promise.all(mine.map((one) => one.catchUp(url, marks.length, 15_000)))
    for (const { seen, complaints } of mine) {
      none(`complaints of a reader of ${system}`, complaints)
      const wrong = marks.findIndex((mark, index) => seen[index] !== mark)
      if (seen.length === marks.length && wrong < 0) continue
      const place = wrong < 0 ? '' : `; at ${wrong + 1} "${seen[wrong]}", not "${marks[wrong]}"`
      throw new Error(`A reader of ${system} heard ${seen.length} of ${marks.length}${place}`)
    }
  }
}

function summary(kills: number, all: readonly Reader[], further: string): string {
  const cuts = all.reduce((sum, { counts }) => sum + counts.cuts, 0)
  const repeats = all.reduce((sum, { counts }) => sum + counts.repeats, 0)
  const forgot = all.reduce((sum, { counts }) => sum + counts.forgot, 0)
  const heard = all.reduce((sum, { seen }) => sum + seen.length, 0)
  return `${all.length} readers, ${cuts} cuts, ${forgot} from the start, ${kills} kills: ${heard} messages heard, ${repeats} told again; ${further}`
}
