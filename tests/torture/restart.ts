import type { Torture } from './context.ts'

/** The smallest torture: a server that is killed while it does nothing starts again and stops in peace. */
export const torture: Torture = {
  name: 'restart',
  about: 'kill -9 of a server at rest: it starts again on its folder, and SIGTERM ends it with 0',
  async run({ serve, fanfare }) {
    const first = await serve()
    await first.kill()
    const second = await serve()
    const code = await second.stop()
    if (code !== 0) throw new Error(`SIGTERM ended it with ${code}`)
    const { exitCode, out, err } = await fanfare(['crash', 'audit'])
    if (exitCode !== 0) throw new Error(`The audit says ${exitCode}: ${out} ${err}`)
    return out
  },
}
