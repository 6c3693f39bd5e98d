import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'

/** Files beside those of connections: databases, logs, requests over HTTP, the program's own. */
export const otherFiles = 100

/** How many files this process may have open, its soft limit (Bun raises that to the hard one as it starts); null where the system does not tell. */
export function openFiles(): number | null {
  try {
    const text = readFileSync('/proc/self/limits', 'utf8')
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(text) ?? []
    return soft === undefined ? null : soft === 'unlimited' ? Infinity : Number(soft)
  } catch {
    return null
  }
}

/** A configuration with no more connections than there may be files, and what is to be said of that; without a file for it a newcomer would not be refused, but wait without an answer. */
export function fitFiles(
  config: Config,
  limit = openFiles(),
): { readonly config: Config; readonly warnings: readonly string[] } {
  const { limits } = config
  if (limit === null || limits.max_connections + otherFiles <= limit)
    return { config, warnings: [] }
  const max_connections = Math.max(1, limit - otherFiles)
  const warning = `limits.max_connections is ${limits.max_connections}, but only ${limit} files may be open: at most ${max_connections} connections are let in; raise "ulimit -n"`
  return { config: { ...config, limits: { ...limits, max_connections } }, warnings: [warning] }
}
