import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Context, Env, Torture } from './context.ts'
import { audited, ended, everything, type Load } from './load/everything.ts'
import { witnesses, type Witnesses } from './load/witnesses.ts'
import { afterPowerLoss, recordsOf, type Files } from './power/replay.ts'

/** The power goes under everything at once, and a disk forgets what nobody waited for (promise 1). */
export const torture: Torture = {
  name: 'power',
  about:
    'the power is cut under everything at once: of what was not synced whole writes or single sectors are lost, and whatever was acknowledged or told is found',
  needs: ['gcc'],
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    const load = await everything(context)
    try {
      const goesOn = (cuts: number) => cuts < 2 || Date.now() < until
      const { cuts, unsure, lost, told } = await cutAgainAndAgain(context, load, goesOn)
      return `${cuts} cuts lost ${lost} of ${unsure} unsynced writes, ${told} messages had been told; ${load.figures()}`
    } finally {
      await load.stop()
    }
  },
}

/** Cuts the power as long as `goesOn` says so, at least once; `env` may make a disk that lies. */
export async function cutAgainAndAgain(
  context: Context,
  load: Load,
  goesOn: (cuts: number) => boolean,
  env: Env = {},
): Promise<{ cuts: number; unsure: number; lost: number; told: number }> {
  const random = context.random('power')
  const machine = createMachine(context)
  const total = { cuts: 0, unsure: 0, lost: 0, told: 0 }
  const boot = () => context.serve({ ...load.env, ...machine.boot(), ...env })
  const lose = () => {
    const { unsure, lost } = machine.lose()
    total.cuts++
    total.unsure += unsure
    total.lost += lost
  }
  let served = await boot()
  await load.prepare(served.url)
  do {
    const witness = await witnesses(served.url)
    const working = load.begin(served.url)
    await Bun.sleep(random.one([100, 500, 1_500]) * (0.5 + random()))
    await served.kill()
    await Promise.all([working.halt(), witness.gone()])
    await putBack(context, { load, machine, witness })
    lose()
    // Now and then it goes again before the server is there.
    while (random() < 0.3) {
      const early = context.launch({ ...load.env, ...machine.boot(), ...env })
      await Bun.sleep(random() * 300)
      early.kill('SIGKILL')
      await early.exited
      lose()
    }
    served = await boot()
    await audited(context)
    total.told += await witness.judge(served.url)
    await load.judge(served.url)
  } while (goesOn(total.cuts))
  await ended(served)
  await audited(context)
  return total
}

/** What would be left had the power gone at an earlier instant: a server starts on it and knows whatever was answered or told before. */
async function putBack(
  context: Context,
  { load, machine, witness }: { load: Load; machine: Machine; witness: Witnesses },
): Promise<void> {
  const folder = join(context.folder, 'earlier')
  const before = machine.earlier(folder)
  if (before === null) return
  const env = { ...load.env, FANFARE_DATA_DIR: folder }
  const served = await context.serve(env)
  await audited(context, env)
  await load.judgeAt(served.url, before)
  await witness.judge(served.url, before)
  await served.kill()
}

type Machine = ReturnType<typeof createMachine>

/** A machine whose disk is the data folder of a context. */
function createMachine({ folder, random }: Context) {
  const data = join(folder, 'data')
  const log = join(folder, 'power.log')
  const shim = join(folder, 'shim.so')
  const source = join(import.meta.dir, 'power/shim.c')
  const compiled = Bun.spawnSync(['gcc', '-shared', '-fPIC', '-O2', '-o', shim, source, '-ldl'])
  if (!compiled.success) throw new Error(`gcc: ${compiled.stderr.toString()}`)
  const chance = random('disk')
  let base: Files = new Map()

  return {
    /** Settings of a server on this machine, which has just got its power. */
    boot(): Env {
      rmSync(log, { force: true })
      base = filesOf(data)
      return { LD_PRELOAD: shim, POWER_ROOT: data, POWER_LOG: log }
    },
    /** Fills a folder with what would be there had the power gone at some instant of this life; resolves to that, epoch ms, null when nothing was written yet. */
    earlier(folder: string): number | null {
      const bytes = bytesOf(log)
      const records = [...recordsOf(bytes)]
      if (records.length === 0) return null
      // The first ones make or open the databases; those of the databases themselves move the log into them.
      const moving = records.filter(({ path, data }) => path.endsWith('.db') && data.length > 0)
      const some = chance.one([records.slice(0, 100), moving, records])
      const { end, at } = chance.one(some.length > 0 ? some : records)
      const { files } = afterPowerLoss(base, data, bytes.subarray(0, end), chance)
      fill(folder, files)
      return at
    },
    /** Once the server is dead: leaves on the disk what a power cut would have left at that moment. */
    lose() {
      const left = afterPowerLoss(base, data, bytesOf(log), chance)
      fill(data, left.files)
      return left
    },
  }
}

/** A folder that holds these files, and nothing else. */
function fill(folder: string, files: Files): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [path, bytes] of files) writeFileSync(join(folder, basename(path)), bytes)
}

function filesOf(folder: string): Files {
  const names = readdirSync(folder).filter((name) => !/(-shm|\.lock)$/.test(name))
  const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)))
  return new Map(names.map((name) => [join(folder, name), read(name)]))
}

/** The log of a server that was killed before it opened anything is empty, or not there. */
function bytesOf(log: string): Uint8Array {
  try {
    return readFileSync(log)
  } catch {
    return new Uint8Array()
  }
}
