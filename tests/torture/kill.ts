import type { Context, Torture } from './context.ts'
import { audited, ended, everything, type Load } from './load/everything.ts'
import { witnesses } from './load/witnesses.ts'

/** kill -9 at random moments, also while a server starts, and everything that was acknowledged must be there (R15, R30). */
export const torture: Torture = {
  name: 'kill',
  about:
    'kill -9 at random moments under bets, wallets, payments, publishes and bookings: whatever was acknowledged is found, whatever was not happens once',
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    const load = await everything(context)
    try {
      const goesOn = (kills: number) => kills < 2 || Date.now() < until
      const kills = await killAgainAndAgain(context, load, goesOn)
      return `${kills} kills; ${load.figures()}`
    } finally {
      await load.stop()
    }
  },
}

/** Kills as long as `goesOn` says so, at least once; resolves to how often. */
export async function killAgainAndAgain(
  context: Context,
  load: Load,
  goesOn: (kills: number) => boolean,
): Promise<number> {
  const random = context.random('kill')
  let served = await context.serve(load.env)
  await load.prepare(served.url)
  let kills = 0
  do {
    const witness = await witnesses(served.url)
    const working = load.begin(served.url)
    await Bun.sleep(random.one([50, 500, 2_000]) * (0.5 + random()))
    if (random() < 0.2) {
      // It dies while it says goodbye.
      void served.stop()
      await Bun.sleep(random() * 1_000)
    }
    await served.kill()
    kills++
    await Promise.all([working.halt(), witness.gone()])
    await audited(context)
    // Now and then it dies again before it is there.
    while (random() < 0.3) {
      const early = context.launch(load.env)
      await Bun.sleep(random() * 300)
      early.kill('SIGKILL')
      await early.exited
      kills++
    }
    served = await context.serve(load.env)
    await witness.judge(served.url)
    await load.judge(served.url)
  } while (goesOn(kills))
  await ended(served)
  await audited(context)
  return kills
}
