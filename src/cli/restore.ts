import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { checkDatabases, leaveBehind, namesIn } from '../storage/sqlite/copies.ts'
import type { Audit } from '../storage/sqlite/crash-audit.ts'
import { StorageError } from '../storage/sqlite/failure.ts'
import { lockFolder } from '../storage/sqlite/lock.ts'
import { makeFolder } from '../storage/sqlite/open.ts'
import { sync } from '../storage/sqlite/files.ts'
import { readArchive, type Manifest } from './archive.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { counted, extentOf } from './counted.ts'
import { Failure } from './failure.ts'

/** `fanfare restore`: a backup becomes the data folder, once everything in it has been looked at. */
export function restoreCommand(): Command {
  return withConfig(new Command('restore'))
    .description('Put a backup into an empty data folder; exit 4 when its books are wrong')
    .argument('<file>', 'what "fanfare backup" has written')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  FANFARE_DATA_DIR=./restored fanfare restore monday.tar')
    .action(restore)
}

async function restore(file: string, options: ConfigOption & { json?: boolean }): Promise<void> {
  const { dir } = (await load(options)).config.data
  if (!existsSync(file)) throw new Failure(1, `There is no file "${file}"`)
  makeFolder(dir)
  // Nobody may begin to serve from the folder meanwhile.
  const lock = lockFolder(dir, 0)
  try {
    const [taken] = namesIn(dir)
    if (taken !== undefined) {
      const why = `"${join(dir, taken)}" is there already; restore into an empty folder`
      throw new Failure(1, why)
    }
    tell(file, dir, await unpack(file, dir), options.json === true)
  } finally {
    lock.release()
  }
}

/** Unpacks and checks in a folder inside the data folder; only what is right gets its name. */
async function unpack(file: string, dir: string): Promise<Restored> {
  const folder = mkdtempSync(join(resolve(dir), 'restoring-'))
  try {
    const manifest = await readArchive(file, folder)
    const audit = checkDatabases(folder, manifest.mode)
    if (audit !== null && audit.faults.length > 0) throw wrongBooks(file, audit)
    const left = leaveBehind(folder, systemClock().now())
    place(manifest, folder, dir)
    return { manifest, audit, left }
  } catch (error) {
    if (error instanceof Failure) throw error
    // Whoever reads it has no such folder any more.
    const words = error instanceof Error ? error.message.replaceAll(`${folder}/`, '') : error
    if (error instanceof StorageError) throw new Failure(1, `Nothing was restored: ${words}`)
    throw new Failure(1, `Nothing was restored from "${file}": ${words}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All of them or none; the one every server opens first comes last. */
function place({ files }: Manifest, folder: string, dir: string): void {
  const placed: string[] = []
  try {
    for (const { name } of files.toReversed()) {
      renameSync(join(folder, name), join(dir, name))
      placed.push(join(dir, name))
    }
    sync(dir)
  } catch (error) {
    for (const path of placed) rmSync(path, { force: true })
    throw error
  }
}

function wrongBooks(file: string, { faults }: Audit): Failure {
  const [first] = faults
  const why = `${counted(faults.length, 'fault')} in the books of "${file}"`
  return new Failure(4, `${why}, the first at ${first?.row}: ${first?.fault}; nothing was restored`)
}

interface Restored {
  readonly manifest: Manifest
  readonly audit: Audit | null
  /** Chains of crash whose rounds to come may be known. */
  readonly left: number
}

function tell(file: string, dir: string, { manifest, audit, left }: Restored, json: boolean) {
  const { at, mode, files } = manifest
  const books = audit && { rounds: audit.rounds, bets: audit.bets, transfers: audit.transfers }
  if (json)
    return console.log(JSON.stringify({ folder: dir, books, chainsLeft: left, ...manifest }))
  const names = files.map(({ name }) => name).join(' and ')
  console.log(`Restored ${names} of ${at} from "${file}" into "${dir}" (${mode})`)
  if (books === null) return
  console.log(`The books are right: ${extentOf(books)}`)
  if (left > 0)
    console.log(`Left for good: ${counted(left, 'chain')} of crash, whose next rounds may be known`)
}
