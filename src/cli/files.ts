import type { Config } from '../config.ts'
import { mostFiles } from '../core/process.ts'

/** Files beside those of connections: databases, logs, requests over HTTP, the program's own. */
export const otherFiles = 100

/** A configuration with no more connections than there may be files, and what is to be said of that; without a file for it a newcomer would not be refused, but wait without an answer. */
export function fitFiles(
  config: Config,
  limit = mostFiles(),
): { readonly config: Config; readonly warnings: readonly string[] } {
  const { limits } = config
  if (limit === null || limits.max_connections + otherFiles <= limit)
    return { config, warnings: [] }
  const max_connections = Math.max(1, limit - otherFiles)
  const warning = `limits.max_connections is ${limits.max_connections}, but only ${limit} files may be open: at most ${max_connections} connections are let in; raise "ulimit -n"`
  return { config: { ...config, limits: { ...limits, max_connections } }, warnings: [warning] }
}
