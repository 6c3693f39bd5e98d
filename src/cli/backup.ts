import { existsSync, linkSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { copyDatabases } from '../storage/sqlite/copies.ts'
import { sync } from '../storage/sqlite/files.ts'
import { version } from '../version.ts'
import { format, sha256Of, writeArchive, type Manifest } from './archive.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { Failure } from './failure.ts'

/** `fanfare backup`: everything the data folder keeps, in one file, beside a running server or alone. */
export function backupCommand(): Command {
  return withConfig(new Command('backup'))
    .description('Write everything the server keeps into one file, while it runs or not')
    .argument('<file>', 'a tar archive to make; one that is there is left alone')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare backup /backups/monday.tar')
    .action(backup)
}

async function backup(file: string, options: ConfigOption & { json?: boolean }): Promise<void> {
  const { dir } = (await load(options)).config.data
  const path = resolve(file)
  if (existsSync(path)) throw thereAlready(file)
  const folder = workplace(path, file)
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const interrupted = () => {
    remove()
    process.exit(1)
  }
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
  try {
    const manifest = await collect(dir, folder)
    const archive = join(folder, 'archive.tar')
    await writeArchive(archive, manifest, folder)
    place(archive, path, file)
    tell(file, Bun.file(path).size, manifest, options.json === true)
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(1, `No backup was made: ${wordsOf(error)}`)
  } finally {
    remove()
  }
}

/** A folder beside the file to be, so that the last step is only a name. */
function workplace(path: string, file: string): string {
  try {
    return mkdtempSync(`${path}.unfinished-`)
  } catch (error) {
    throw new Failure(1, `Cannot write "${file}": ${wordsOf(error)}`)
  }
}

async function collect(dir: string, folder: string): Promise<Manifest> {
  const at = new Date(systemClock().now()).toISOString()
  const copies = copyDatabases(dir, folder)
  const files = []
  for (const { name, bytes, version: steps } of copies.files) {
    files.push({ name, bytes, sha256: await sha256Of(join(folder, name)), version: steps })
  }
  return { format, program: version, at, mode: copies.mode, files }
}

/** Gives the archive its name; never one that is taken. */
function place(archive: string, path: string, file: string): void {
  try {
    linkSync(archive, path)
  } catch (error) {
    throw (error as { code?: string }).code === 'EEXIST' ? thereAlready(file) : error
  }
  sync(dirname(path))
}

function tell(file: string, bytes: number, manifest: Manifest, json: boolean): void {
  if (json) return console.log(JSON.stringify({ file, bytes, ...manifest }))
  console.log(`Backup "${file}" of ${manifest.at}: ${megabytes(bytes)}`)
  for (const { name, bytes: size } of manifest.files) console.log(`  ${name}  ${megabytes(size)}`)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function thereAlready(file: string): Failure {
  return new Failure(1, `"${file}" is there already; a backup never overwrites a file`)
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
