import type { Random } from '../random.ts'

/** Files by their paths. */
export type Files = ReadonlyMap<string, Uint8Array>

/** What is left of a folder, and how much is not. */
export interface Left {
  readonly files: Files
  /** Writes that nobody had waited for when the power went, and how many of them were lost at least in part. */
  readonly unsure: number
  readonly lost: number
}

type Change =
  | { readonly index: number; readonly kind: 'write'; readonly at: number; data: Uint8Array }
  | { readonly index: number; readonly kind: 'truncate'; readonly at: number }

/** A file's bytes: those that are safe, and what happened since. */
interface Inode {
  safe: Uint8Array
  pending: Change[]
}

/** A name that came, went, or moved: `inode` null when it went. */
interface Naming {
  readonly index: number
  readonly path: string
  readonly inode: Inode | null
}

/** The disk of a machine whose power was cut at the end of a log of shim.c: all that was synced is there, of the rest whatever `random` leaves, whole writes or single sectors. Names are safe once their folder was synced, and not before. */
export function afterPowerLoss(base: Files, folder: string, log: Uint8Array, random: Random): Left {
  const disk = createDisk(base)
  let index = 0
  for (const { kind, path, place, data } of recordsOf(log)) {
    if (path.endsWith('-shm') || path.endsWith('.lock')) {
      // The one is made anew from the log of the database, the other is never read.
    } else if (kind === kinds.CREATE)
      disk.name(index, path, { safe: new Uint8Array(), pending: [] })
    else if (kind === kinds.WRITE) disk.change(path, { index, kind: 'write', at: place, data })
    else if (kind === kinds.TRUNCATE) disk.change(path, { index, kind: 'truncate', at: place })
    else if (kind === kinds.UNLINK) disk.name(index, path, null)
    else if (kind === kinds.RENAME) {
      disk.name(index, new TextDecoder().decode(data), disk.live.get(path) ?? null)
      disk.name(index, path, null)
    } else if (path === folder) disk.syncNames(place)
    else disk.sync(path, place)
    index++
  }
  return disk.cut(random)
}

const kinds = { CREATE: 1, WRITE: 2, TRUNCATE: 3, SYNC: 4, UNLINK: 5, RENAME: 6 }
const headBytes = 32
const sector = 512

/** What happened to the files, one thing after another; `end` is where the next one begins in the log, `at` epoch ms. */
export function* recordsOf(log: Uint8Array) {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength)
  for (let at = 0; at + headBytes <= log.length;) {
    const kind = view.getUint32(at, true)
    const text = at + headBytes
    const bytes = text + view.getUint32(at + 4, true)
    const end = bytes + Number(view.getBigUint64(at + 16, true))
    // The process was killed while it wrote this one.
    if (end > log.length) return
    const path = new TextDecoder().decode(log.subarray(text, bytes))
    const place = Number(view.getBigUint64(at + 8, true))
    const time = Number(view.getBigUint64(at + 24, true)) / 1_000
    yield { kind, path, place, data: log.subarray(bytes, end), end, at: time }
    at = end
  }
}

function createDisk(base: Files) {
  const inodes = [...base].map(
    // Changed in place below, and others begin with the same.
    ([path, bytes]) => [path, { safe: bytes.slice(), pending: [] } as Inode] as const,
  )
  /** What the process saw. */
  const live = new Map(inodes)
  /** What is there whatever happens. */
  const safe = new Map(inodes)
  let namings: Naming[] = []

  return {
    live,
    name(index: number, path: string, inode: Inode | null): void {
      put(live, path, inode)
      namings.push({ index, path, inode })
    },
    change(path: string, change: Change): void {
      live.get(path)?.pending.push(change)
    },
    sync(path: string, before: number): void {
      const inode = live.get(path)
      if (inode === undefined) return
      const done = inode.pending.filter(({ index }) => index < before)
      inode.pending = inode.pending.filter(({ index }) => index >= before)
      for (const change of done) inode.safe = applied(inode.safe, change)
    },
    syncNames(before: number): void {
      for (const { index, path, inode } of namings) if (index < before) put(safe, path, inode)
      namings = namings.filter(({ index }) => index >= before)
    },
    cut(random: Random): Left {
      const chance = random.one([0, 0.5, 0.9, 1])
      const whole = random() < 0.5
      let unsure = 0
      let lost = 0
      for (const { path, inode } of namings) if (random() < chance) put(safe, path, inode)
      const files = new Map<string, Uint8Array>()
      for (const [path, inode] of safe) {
        unsure += inode.pending.length
        const kept = inode.pending.flatMap((change) => {
          const parts = whole ? [change] : sectorsOf(change)
          const left = parts.filter(() => random() < chance)
          if (left.length < parts.length) lost++
          return left
        })
        files.set(path, kept.reduce(applied, inode.safe))
      }
      return { files, unsure, lost }
    },
  }
}

function put(names: Map<string, Inode>, path: string, inode: Inode | null): void {
  if (inode === null) names.delete(path)
  else names.set(path, inode)
}

/** The bytes after a change; they may share their memory with those before it. */
function applied(bytes: Uint8Array, change: Change): Uint8Array {
  const { at } = change
  const end = change.kind === 'write' ? at + change.data.length : at
  const length = change.kind === 'write' ? Math.max(end, bytes.length) : end
  const roomy = bytes.buffer.byteLength >= bytes.byteOffset + length
  // Room to grow, so that a file that is written page by page is not copied for each of them.
  const buffer = roomy ? bytes.buffer : new ArrayBuffer(2 * length)
  const after = new Uint8Array(buffer, roomy ? bytes.byteOffset : 0, length)
  if (!roomy) after.set(bytes)
  else if (length > bytes.length) after.fill(0, bytes.length)
  if (change.kind === 'write') after.set(change.data, at)
  return after
}

/** A write as its sectors: a disk keeps each of them or none of it. */
function sectorsOf(change: Change): readonly Change[] {
  if (change.kind !== 'write') return [change]
  const { index, at, data } = change
  const parts: Change[] = []
  for (let from = 0; from < data.length;) {
    const to = Math.min(data.length, from + sector - ((at + from) % sector))
    parts.push({ index, kind: 'write', at: at + from, data: data.subarray(from, to) })
    from = to
  }
  return parts
}
