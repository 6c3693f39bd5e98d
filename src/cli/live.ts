import type { Config } from '../config.ts'
import type { Finding } from './doctor.ts'
import { Failure } from './failure.ts'
import { baseUrl, reach } from './remote.ts'

/** What the running server says of itself at /readyz, a finding for each of its checks; a Failure with exit code 3 when nobody answers. */
export async function checkLive(config: Config): Promise<Finding[]> {
  const url = new URL('/readyz', healthBase(config))
  const answer = await reach(url, { tls: { rejectUnauthorized: false } })
  const checks = checksOf(await answer.text())
  if (checks === null) {
    throw new Failure(1, `What answers at ${url.origin} is no Fanfare (status ${answer.status})`)
  }
  const ready: Finding = answer.ok
    ? { name: 'ready', state: 'ok', message: url.origin }
    : { name: 'ready', state: 'fail', message: `${url.origin} is not ready` }
  const told = Object.entries(checks).map(([name, message]): Finding => ({
    name,
    state: message === 'ok' ? 'ok' : 'warn',
    message,
  }))
  return [ready, ...told]
}

/** Where this machine can ask: the internal listener, which is never encrypted, else the first public one. */
function healthBase({ internal, listen, tls }: Config): string {
  if (internal !== null && internal.port !== 0) return baseUrl(internal, false)
  const open = listen.find(({ port }) => port !== 0)
  if (open !== undefined) return baseUrl(open, tls.cert !== undefined)
  throw new Failure(2, 'No listener of the configuration has a fixed port')
}

function checksOf(body: string): Readonly<Record<string, string>> | null {
  try {
    const { checks } = JSON.parse(body) as { checks?: unknown }
    if (typeof checks !== 'object' || checks === null) return null
    return checks as Readonly<Record<string, string>>
  } catch {
    return null
  }
}
