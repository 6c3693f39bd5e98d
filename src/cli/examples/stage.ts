import type { Config } from '../../config.ts'
import type { Clock } from '../../core/clock.ts'
import type { Fanfare } from '../../fanfare.ts'
import type { Running } from '../../server.ts'
import { signFor, type TokenSystem } from '../../signing.ts'

/** What the examples of a system are made with: a server that runs, and ways to write lines for a terminal. */
export interface Stage {
  readonly config: Config
  readonly clock: Clock
  /** Where the system is served, `http://127.0.0.1:8080`. */
  readonly base: string
  /** Whether the common API is served there too. */
  readonly whole: boolean
  /** A wscat line to an address of the server. */
  wscat(path: string): string
  /** A curl line that posts JSON; `key` is a token or server key. */
  curl(path: string, key: string, body: string): string
  /** A curl line that asks for what everybody may see. */
  read(path: string): string
  /** A token for some hours. */
  token(system: TokenSystem, sub: string, claims?: Record<string, unknown>): Promise<string>
  /** Asks the server through the same door as everybody; throws what it refused. */
  ask(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<any>
}

const ttl = 8 * 3_600_000

/** The stage for a system; null where no listener serves it. */
export function stageFor(
  system: string,
  fanfare: Pick<Fanfare, 'listeners'>,
  config: Config,
  clock: Clock,
): Stage | null {
  const base = originOf(system, fanfare)
  if (base === null || !(config.systems as readonly string[]).includes(system)) return null
  // The certificate of a development server is nobody's whom wscat and curl would trust.
  const secure = base.startsWith('https')
  const curl = secure ? 'curl -k' : 'curl'
  return {
    config,
    clock,
    base,
    whole: fanfare.listeners.some(isWhole),
    wscat: (path) =>
      `npx wscat${secure ? ' --no-check' : ''} -c "${base.replace('http', 'ws')}${path}"`,
    curl: (path, key, body) =>
      `${curl} -X POST ${base}${path} -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '${body}'`,
    read: (path) => `${curl} ${base}${path}`,
    token: async (of, sub, claims) =>
      (await signFor(config, of, { sub, ttl, ...(claims && { claims }) }, clock)) ?? '',
    async ask(method, path, headers, body) {
      const answer = await fetch(`${base}${path}`, {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        tls: { rejectUnauthorized: false },
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return answer.status === 204 ? null : answer.json()
    },
  }
}

/** Where a system is served, by the listener of everything if there is one; null where nobody serves it. */
export function originOf(system: string, { listeners }: Pick<Fanfare, 'listeners'>): string | null {
  const served =
    listeners.find(isWhole) ?? listeners.find(({ listener }) => listener.systems.includes(system))
  if (served === undefined) return null
  // Where a server listens on every address, clients still need one.
  return served.url.origin.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]')
}

/** Whether a listener serves everything. */
export function isWhole({ listener }: Running): boolean {
  return listener.systems === '*'
}

/** The header of whoever shows a token or server key. */
export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` }
}
