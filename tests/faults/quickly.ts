import { test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demanded } from '../machine.ts'
import { createContext, type Context, type Torture } from '../torture/context.ts'
import { missing } from '../torture/run.ts'

/** How long one may take on a busy machine, in ms. */
const patience = 120_000

/** A test on servers that run as processes; skipped where `needs` are not there, unless FANFARE_REQUIRE_ALL says that they must be. */
export function faultTest(
  name: string,
  needs: NonNullable<Torture['needs']>,
  run: (context: Context) => Promise<unknown>,
): void {
  const lacking = missing({ name, about: name, needs, run: async () => '' })
  // Tools can be installed; rights that a container was not given can not.
  const required = demanded && !lacking.includes('root')
  const skipped = lacking.length > 0 && !required
  test.skipIf(skipped)(
    skipped ? `${name} (needs ${lacking.join(', ')})` : name,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'fanfare-fault-'))
      const { context, end } = createContext({ minutes: 0, seed: 1, folder })
      try {
        await run(context)
      } finally {
        await end(false)
      }
    },
    patience,
  )
}

/** A torture at its shortest, as a test. */
export function quickly(name: string, { needs = [], run }: Torture): void {
  faultTest(name, needs, run)
}
