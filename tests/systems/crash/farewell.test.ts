import { expect, test } from 'bun:test'
import { ask, bets, casino, type Casino } from './casino.ts'

/** Stops a server whose time passes slowly enough for its disk, and answers how much of it passed, in ms. */
async function stopped({ server }: Casino): Promise<number> {
  const from = server.clock.elapsed()
  let done = false
  const stopping = server.fanfare.stop().finally(() => (done = true))
  while (!done) {
    server.clock.advance(20)
    await Bun.sleep(2)
  }
  await stopping
  return server.clock.elapsed() - from
}

test.each(['betting', 'flying'] as const)(
  'SIGTERM while %s: whoever is closed first has heard before that the bet was given back',
  async (phase) => {
    await using one = await casino({ points: [10_000_000], flags: { server: { drain: 2_000 } } })
    const ann = await one.play('ann')
    await one.until('betting')
    await ask(ann, bets('b', '10.00'))
    if (phase === 'flying') await one.until('flying')
    one.watcher.socket.terminate()
    await one.server.settled(() => one.server.listeners('crash/events:CRASH_STATS') === 1)
    const ms = await stopped(one)
    await ann.until(() => ann.closed !== null, 'close')
    expect(ann.closed?.code).toBe(1012)
    const news = ann.frames
      .map((text) => JSON.parse(text))
      .filter(({ t }) => t === 'BALANCE_UPDATE')
    expect(news.map(({ p }) => [p.reason, p.balance])).toEqual([['REFUND', '10000.00']])
    expect(ms).toBeLessThanOrEqual(2_000)
  },
)
