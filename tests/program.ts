import { join, resolve } from 'node:path'

const binary = process.env['FANFARE_BINARY']

/** The words that start fanfare as a process of its own: the executable that FANFARE_BINARY names, else its sources. */
export const program: readonly string[] =
  binary === undefined
    ? [process.execPath, join(import.meta.dir, '../src/main.ts')]
    : [resolve(binary)]
