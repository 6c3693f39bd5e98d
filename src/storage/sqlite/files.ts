import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'

/** Brings a file to the disk; of a folder its names, so that a file that was renamed there is there after a power failure too. */
export function sync(path: string): void {
  const opened = openSync(path, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** Bytes of a file; 0 when it is not there. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
