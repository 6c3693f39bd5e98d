import { RequestError } from '../../client/error.ts'
import type { History } from './api.ts'

/** Whoever answers questions about a history. */
interface Asked {
  get<Answer>(path: string): Promise<Answer>
}

/** The newest version of a channel by its history's path, 0 where it has none: found by halving, in a few dozen short questions; `known` is one to begin with. */
export async function newestVersion(server: Asked, path: string, known: number): Promise<number> {
  const isNewer = await follows(server, path, known)
  if (known === 0 && !isNewer) return 0
  let low = isNewer ? known : 0
  let step = 1
  while (await follows(server, path, low + step)) {
    low += step
    step *= 2
  }
  // What is after `low` is there, what is after `high` is not.
  let high = low + step
  if (low === 0 && known > 0 && !(await follows(server, path, 0))) return 0
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await follows(server, path, middle)) low = middle
    else high = middle
  }
  return high
}

/** Whether something was recorded after a version, be it kept or not. */
async function follows(server: Asked, path: string, version: number): Promise<boolean> {
  try {
    const { messages } = await server.get<History>(`${path}?after=${version}&limit=1`)
    return messages.length > 0
  } catch (error) {
    if (error instanceof RequestError && error.code === 'HISTORY_GONE') return true
    throw error
  }
}
