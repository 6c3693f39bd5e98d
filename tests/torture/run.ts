/** `npm run torture [-- NAME… --minutes N --seed N]`: runs every torture of this folder, or those named; one line for each, exit 1 when one failed. */
import { Glob } from 'bun'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { demanded } from '../machine.ts'
import type { Torture } from './context.ts'

/** Every torture of this folder: what its files export under that name. */
export async function tortures(): Promise<readonly Torture[]> {
  const files = [...new Glob('*.ts').scanSync(import.meta.dir)].sort()
  const modules = await Promise.all(
    files
      .filter((file) => file !== 'run.ts')
      .map((file) => import(join(import.meta.dir, file)) as Promise<{ torture?: Torture }>),
  )
  return modules.flatMap(({ torture }) => torture ?? [])
}

/** What is missing of what a torture needs. */
export function missing({ needs = [] }: Torture): readonly string[] {
  return needs.filter((need) => (need === 'root' ? !isMighty() : Bun.which(need) === null))
}

/** Whether this process may mount and trace: in a container root may not. */
function isMighty(): boolean {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  const able = BigInt(`0x${/^CapEff:\s+(\w+)/m.exec(status)?.[1] ?? '0'}`)
  return [19n, 21n].every((capability) => (able >> capability) & 1n)
}

/** The words of the command line; an option that there is not is told in a line. */
function wordsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { minutes: { type: 'string' }, seed: { type: 'string' } },
    })
  } catch (error) {
    console.error((error as Error).message)
    return null
  }
}

async function main(): Promise<number> {
  const words = wordsOf()
  if (words === null) return 2
  const { values, positionals } = words
  // The executable when there is one; `tests/program.ts` reads this when it is first imported.
  const binary = resolve(import.meta.dir, '../../dist/fanfare')
  if (existsSync(binary)) process.env['FANFARE_BINARY'] ??= binary
  const all = await tortures()
  const unknown = positionals.filter((name) => !all.some((one) => one.name === name))
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(', ')}. There are:`)
    for (const { name, about } of all) console.error(`  ${name.padEnd(14)} ${about}`)
    return 2
  }
  const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0])
  const minutes = Number(values.minutes ?? 1)
  if (!Number.isFinite(seed) || !(minutes > 0)) {
    console.error('Expected numbers after --seed and --minutes')
    return 2
  }
  console.log(`seed ${seed}, ${minutes} min each, ${process.env['FANFARE_BINARY'] ?? 'sources'}`)
  let failures = 0
  for (const one of all) {
    if (positionals.length > 0 && !positionals.includes(one.name)) continue
    if (!(await carriedOut(one, { minutes, seed }))) failures++
  }
  return failures > 0 ? 1 : 0
}

async function carriedOut(
  torture: Torture,
  { minutes, seed }: { minutes: number; seed: number },
): Promise<boolean> {
  const lacking = missing(torture)
  if (lacking.length > 0) {
    const word = demanded ? 'FAILED ' : 'skipped'
    console.log(`${word} ${torture.name.padEnd(14)} without ${lacking.join(', ')}`)
    return !demanded
  }
  const { createContext } = await import('./context.ts')
  const folder = mkdtempSync(join(tmpdir(), `fanfare-torture-${torture.name}-`))
  const { context, end } = createContext({ minutes, seed, folder })
  const began = performance.now()
  const tell = (word: string, summary: string) => {
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    console.log(`${word} ${torture.name.padEnd(14)} ${summary} (${seconds} s)`)
  }
  try {
    const summary = await torture.run(context)
    tell('ok     ', summary)
    await end(false)
    return true
  } catch (error) {
    tell('FAILED ', `its folder is ${folder}`)
    console.log(error)
    await end(true)
    return false
  }
}

if (import.meta.main) process.exit(await main())
