import type { Torture } from './context.ts'
import { audited, ended } from './load/everything.ts'

/** Signals at every moment of a start, from the first instruction to the first second. */
export const torture: Torture = {
  name: 'restart',
  about:
    'SIGTERM, SIGINT and kill -9 while a server starts: it ends at once and without a word of complaint, and the next one starts on its folder',
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    const random = context.random('restart')
    const codes = new Map<string, number>()
    for (let count = 0; count < 10 || Date.now() < until; count++) {
      const signal = random.one(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)
      const child = context.launch()
      const said = child.stderr.text()
      await Bun.sleep(random.one([50, 200, 500]) * random())
      child.kill(signal)
      const slow = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await child.exited
      clearTimeout(slow)
      const { exitCode, signalCode } = child
      const way = `${signal} ${exitCode ?? signalCode}`
      // Before it has its handlers a signal ends it as it ends every process.
      const allowed = exitCode === 0 || signalCode === signal
      const errors = await said
      if (!allowed || errors !== '') throw new Error(`${way}: ${errors}`)
      codes.set(way, (codes.get(way) ?? 0) + 1)
      // The data of the first ones is made by the next.
      if (count % 5 === 4) await ended(await context.serve())
    }
    await audited(context)
    return [...codes].map(([way, times]) => `${way}: ${times}`).join(', ')
  },
}
