import type { Config } from '../config.ts'
import type { Endpoint } from '../config/listen.ts'
import type { Finding } from './doctor.ts'
import { baseUrl } from './remote.ts'

/** Whether each port of the configuration is free; one that a running Fanfare answers on is worth a look only. */
export async function checkPorts({ listen, internal, tls }: Config): Promise<Finding[]> {
  const secure = tls.cert !== undefined
  const open = listen.map((endpoint) => checkPort('listen', endpoint, secure))
  if (internal !== null) open.push(checkPort('internal', internal, false))
  return Promise.all(open)
}

async function checkPort(key: string, endpoint: Endpoint, secure: boolean): Promise<Finding> {
  const { host, port } = endpoint
  const name = `port ${port}`
  const place = `${host}:${port} (${key})`
  try {
    const probe = Bun.listen({ hostname: host, port, exclusive: true, socket: { data() {} } })
    probe.stop(true)
    return { name, state: 'ok', message: `${place} is free` }
  } catch (error) {
    const { code = 'unknown error' } = error as { code?: string }
    if (code === 'EADDRINUSE' && (await answers(baseUrl(endpoint, secure)))) {
      return { name, state: 'warn', message: `${place} is in use by a server that is healthy` }
    }
    return { name, state: 'fail', message: `${place} cannot be opened (${code})` }
  }
}

async function answers(base: string): Promise<boolean> {
  try {
    const { ok } = await fetch(new URL('/healthz', base), {
      signal: AbortSignal.timeout(2_000),
      tls: { rejectUnauthorized: false },
    })
    return ok
  } catch {
    return false
  }
}
