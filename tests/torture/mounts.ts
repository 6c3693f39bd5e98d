import { mkdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file system of its own in memory, which can be filled to its last block. */
export interface SmallDisk extends Disposable {
  readonly path: string
  /** Takes all blocks that are left, and says whether there were any. */
  fill(): boolean
  /** Gives back what `fill` took. */
  free(): void
}

/** Mounts a tmpfs over a folder, which is made when it is not there; needs root. `options` as of mount, e.g. `size=16m`. */
export function smallDisk(path: string, options: string): SmallDisk {
  mkdirSync(path, { recursive: true })
  run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path])
  const ballast = join(path, 'ballast')
  let taken = 0
  return {
    path,
    fill() {
      const { bavail, bsize } = statfsSync(path)
      if (bavail === 0) return false
      try {
        writeFileSync(`${ballast}-${taken++}`, Buffer.alloc(bavail * bsize))
      } catch (error) {
        // Others take blocks, too: then this file has what they left.
        if ((error as { code?: string }).code !== 'ENOSPC') throw error
      }
      return true
    },
    free() {
      while (taken > 0) rmSync(`${ballast}-${--taken}`, { force: true })
    },
    [Symbol.dispose]() {
      // A server that was killed may still hold files for a moment.
      run(['umount', '--lazy', path])
    },
  }
}

/** Runs a program to its end; throws what it says when it fails. */
export function run(words: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...words])
  if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${stderr.toString().trim()}`)
}
