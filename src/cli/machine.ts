import { Database } from 'bun:sqlite'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { mostFiles } from '../core/process.ts'
import { inspect } from '../storage/sqlite/inspect.ts'
import { mainSchema, migrations, versionOf } from '../storage/sqlite/migrate.ts'
import { databasePath } from '../storage/sqlite/open.ts'
import type { Finding } from './doctor.ts'
import { otherFiles } from './files.ts'

/** Whether this process may open a file for every connection. */
export function checkFiles(connections: number): Finding {
  const name = 'open files'
  const limit = mostFiles()
  if (limit === null) return { name, state: 'warn', message: 'The limit cannot be read here' }
  const needed = connections + otherFiles
  if (limit >= needed) return { name, state: 'ok', message: `${limit} allowed` }
  const message = `${limit} allowed, limits.max_connections needs ${needed}; raise "ulimit -n"`
  return { name, state: 'warn', message }
}

/** Whether the data folder can be written to, or made. */
export function checkFolder(folder: string): Finding {
  const name = 'data folder'
  try {
    withProbe(folder, () => {})
    const made = fs.existsSync(folder) ? '' : ', made at the first start'
    return { name, state: 'ok', message: `"${folder}" is writable${made}` }
  } catch (error) {
    const { code = 'unknown error' } = error as { code?: string }
    return { name, state: 'fail', message: `Cannot write to "${folder}" (${code})` }
  }
}

/** How long a write takes to be on disk: every acknowledgement waits for one. */
export function checkDisk(folder: string, clock: Clock): Finding {
  const took = withProbe(folder, (file) => {
    const page = new Uint8Array(4096)
    const times = Array.from({ length: 15 }, () => {
      const began = clock.elapsed()
      fs.writeSync(file, page)
      fs.fsyncSync(file)
      return clock.elapsed() - began
    })
    return times.sort((a, b) => a - b)[7]!
  })
  const message = `a write is on disk after ${took.toFixed(2)} ms (median of 15)`
  return { name: 'fsync', state: took > 20 ? 'warn' : 'ok', message }
}

/** Whether the wall clock is believable: tokens and retention follow it. */
export function checkClock(folder: string, clock: Clock): Finding {
  const name = 'clock'
  const now = clock.now()
  const written = withProbe(folder, (file) => fs.fstatSync(file).mtimeMs)
  const told = new Date(now).toISOString()
  if (now < Date.UTC(2026, 0, 1) || now > Date.UTC(2100, 0, 1)) {
    return { name, state: 'fail', message: `It says ${told}; tokens would be judged wrongly` }
  }
  if (Math.abs(now - written) > 5_000) {
    const apart = Math.round(Math.abs(now - written) / 1_000)
    return { name, state: 'warn', message: `It is ${apart} s apart from the clock of the disk` }
  }
  return { name, state: 'ok', message: told }
}

/** Whether this program can use the database that is there. */
export function checkSchema(folder: string): Finding {
  const name = 'schema'
  const path = databasePath(folder)
  if (!fs.existsSync(path)) return { name, state: 'ok', message: 'no database yet' }
  try {
    inspect(path, null, mainSchema)
    using db = new Database(path, { readonly: true, strict: true })
    const version = versionOf(db)
    if (version === migrations.length) return { name, state: 'ok', message: `version ${version}` }
    const message = `version ${version}, migrated to ${migrations.length} at the next start`
    return { name, state: 'warn', message }
  } catch (error) {
    return { name, state: 'fail', message: (error as Error).message }
  }
}

/** Runs `work` on a fresh file where the data will be: the folder, or what of its path exists. */
function withProbe<Result>(folder: string, work: (file: number) => Result): Result {
  let there = folder
  while (!fs.existsSync(there) && dirname(there) !== there) there = dirname(there)
  const path = join(there, `.fanfare-doctor-${process.pid}`)
  const file = fs.openSync(path, 'wx', 0o600)
  try {
    fs.writeSync(file, 'probe')
    return work(file)
  } finally {
    fs.closeSync(file)
    fs.rmSync(path, { force: true })
  }
}
