import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createTarDecoder, createTarPacker, type ParsedTarEntry } from 'modern-tar'
import * as v from 'valibot'
import { databases } from '../storage/sqlite/copies.ts'
import { Failure } from './failure.ts'

/** The form of archives this program writes; it reads older ones too. */
export const format = 1
const manifestName = 'manifest.json'
const manifestBytes = 64 * 1024

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const Manifest = v.object({
  format: v.pipe(Count, v.minValue(1)),
  /** Version of the program that wrote it. */
  program: v.string(),
  /** When its copying began, ISO 8601. */
  at: v.pipe(v.string(), v.isoTimestamp()),
  mode: v.picklist(['dev', 'production']),
  files: v.pipe(
    v.array(
      v.object({
        name: v.picklist(Object.keys(databases)),
        bytes: Count,
        sha256: v.pipe(v.string(), v.hash(['sha256'])),
        /** Steps of its schema it has taken. */
        version: Count,
      }),
    ),
    v.minLength(1),
  ),
})

/** What an archive says of itself: its first file, `manifest.json`. */
export type Manifest = v.InferOutput<typeof Manifest>

/** Writes a manifest and the files it names, taken from a folder, as a tar archive (POSIX pax) that is on disk when this resolves. */
export async function writeArchive(
  path: string,
  manifest: Manifest,
  folder: string,
): Promise<void> {
  const { readable, controller } = createTarPacker()
  const text = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)
  const mtime = new Date(manifest.at)

  async function add(name: string, bytes: Blob): Promise<void> {
    const entry = controller.add({ name, size: bytes.size, mode: 0o600, mtime })
    await bytes.stream().pipeTo(entry)
  }
  async function pack(): Promise<void> {
    await add(manifestName, new Blob([text]))
    for (const { name } of manifest.files) await add(name, Bun.file(join(folder, name)))
    controller.finalize()
  }
  await Promise.all([
    pack().catch((error: unknown) => controller.error(error)),
    writeFile(path, readable),
  ])
}

/** Reads an archive into a folder: exactly the files its manifest names, each with the size and checksum it tells; a Failure for anything else. */
export async function readArchive(path: string, folder: string): Promise<Manifest> {
  const bad = (why: string) => new Failure(1, `"${path}" is no backup that can be restored: ${why}`)
  const entries = readEntries(path)
  try {
    const first = await entries.next()
    if (first.done === true || first.value.header.name !== manifestName)
      throw bad('it does not begin with a manifest')
    const manifest = await readManifest(first.value, bad)
    for (const file of manifest.files) {
      const { value: entry, done } = await entries.next()
      if (done === true) throw bad(`"${file.name}" is missing`)
      const { header, body } = entry
      if (header.type !== 'file' || header.name !== file.name || header.size !== file.bytes)
        throw bad(`"${header.name}" is not what its manifest says`)
      const sha256 = await writeFile(join(folder, file.name), body)
      if (sha256 !== file.sha256) throw bad(`"${file.name}" is damaged: its checksum is another`)
    }
    if ((await entries.next()).done !== true) throw bad('it holds more than its manifest says')
    return manifest
  } catch (error) {
    throw error instanceof TarFault ? bad(error.message) : error
  } finally {
    await entries.return(undefined)
  }
}

/** The SHA-256 of a file in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk)
  return hasher.digest('hex')
}

/** The archive is cut or no archive at all. */
class TarFault extends Error {}

async function* readEntries(path: string): AsyncGenerator<ParsedTarEntry, void> {
  const decoder = createTarDecoder({ strict: true })
  const read = Bun.file(path).stream().pipeThrough(decoder).getReader()
  try {
    for (;;) {
      const { value, done } = await read.read().catch(asFault)
      if (done) return
      yield value
    }
  } finally {
    await read.cancel().catch(() => {})
  }
}

function asFault(error: unknown): never {
  throw new TarFault(error instanceof Error ? error.message : String(error))
}

async function readManifest(
  { header, body }: ParsedTarEntry,
  bad: (why: string) => Failure,
): Promise<Manifest> {
  if (header.size > manifestBytes) throw bad('its manifest is too large')
  const text = await new Response(body).text().catch(asFault)
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Manifest), text)
  if (parsed.success && parsed.output.format <= format) return parsed.output
  if (parsed.success) throw bad('it was made by a newer program')
  const [issue] = parsed.issues
  throw bad(`its manifest is wrong at "${v.getDotPath(issue) ?? ''}": ${issue.message}`)
}

/** Writes a stream to a new file that only its owner may read, brings it to the disk, and tells its SHA-256. */
async function writeFile(path: string, bytes: ReadableStream<Uint8Array>): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  const file = openSync(path, 'wx', 0o600)
  const reader = bytes.getReader()
  try {
    for (;;) {
      const { value, done } = await reader.read().catch(asFault)
      if (done) break
      hasher.update(value)
      writeWhole(file, value)
    }
    fsyncSync(file)
  } finally {
    await reader.cancel().catch(() => {})
    closeSync(file)
  }
  return hasher.digest('hex')
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += writeSync(file, bytes, at)) continue
}
