import { Fault, quoted, setting } from './kinds.ts'
import { nearest } from './nearest.ts'

/** The systems of this build: each has a table of keys and a name in `listen`. */
export const systemNames = ['dcs', 'jive', 'locallife', 'pledge', 'crash'] as const
/** Those whose clients show tokens. */
export const tokenSystems = ['jive', 'locallife', 'crash'] as const

/** Where connections are accepted; port 0 picks a free one. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** A port and the systems it serves; `*`: all of them. */
export interface Listener extends Endpoint {
  readonly systems: readonly string[] | '*'
}

const entryForm = /^(?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):)?(\d{1,5})=(.*)$/

/** The listeners, `[host:]port=systems`; an entry with no systems is turned off. */
export function listeners(fallback: readonly string[], description: string) {
  const traits = { kind: 'listeners', pattern: entryForm.source } as const
  return setting(traits, fallback, description, (value, tell) => {
    if (!Array.isArray(value)) throw new Fault(`Expected a list, got ${quoted(value)}`)
    const taken = new Set<string>()
    const parsed = value.flatMap((entry: unknown, index) => {
      const listener = parseListener(entry, (message) => tell(message, index))
      if (listener === null || listener.systems.length === 0) return []
      const { host, port } = listener
      if (port !== 0 && taken.has(`${host} ${port}`)) tell(`Port ${port} is listed twice`, index)
      taken.add(`${host} ${port}`)
      return [listener]
    })
    if (value.every(isOff)) throw new Fault('Expected at least one listener that is on')
    return parsed
  })
}

function parseListener(entry: unknown, tell: (message: string) => void): Listener | null {
  const match = typeof entry === 'string' ? entryForm.exec(entry) : null
  if (match === null) {
    tell(`Expected "[host:]port=systems" such as "127.0.0.1:8080=*", got ${quoted(entry)}`)
    return null
  }
  const host = bareHost(match[1] ?? '0.0.0.0')
  const port = Number(match[2])
  if (port > 65_535) tell(`Expected a port from 0 to 65535, got "${port}"`)
  if (match[3] === '*') return { host, port, systems: '*' }
  const systems = match[3] === '' ? [] : match[3]!.split(',').map((name) => name.trim())
  for (const name of systems) {
    if ((systemNames as readonly string[]).includes(name)) continue
    const guess = nearest(name, [...systemNames, '*'])
    tell(
      name === '*'
        ? 'Expected "*" alone, since it is every system'
        : `Unknown system ${quoted(name)}, did you mean ${quoted(guess)}`,
    )
  }
  return { host, port, systems }
}

function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}

/** A single `host:port`, null when the value is empty: turned off. */
export function endpoint(fallback: string, description: string) {
  const traits = { kind: 'text', pattern: '^$|^.+:[0-9]{1,5}$' } as const
  return setting(traits, fallback, description, (value): Endpoint | null => {
    if (value === '') return null
    const match = typeof value === 'string' ? entryForm.exec(`${value}=`) : null
    if (match?.[1] === undefined || Number(match[2]) > 65_535) {
      throw new Fault(`Expected "host:port" such as ${quoted(fallback)}, got ${quoted(value)}`)
    }
    return { host: bareHost(match[1]), port: Number(match[2]) }
  })
}

/** Splits entries on spaces, and on a comma only where a new entry begins: systems have commas too. */
export function splitListeners(text: string): string[] {
  return text.split(/\s+|,(?=[^,\s]*=)/).filter((entry) => entry !== '')
}

/** Whether an entry only turns a listener off: `8012=`. */
export function isOff(entry: unknown): boolean {
  return typeof entry === 'string' && entry.endsWith('=')
}

/** Leaves out of `entries` what the `off` entries name by port. */
export function withoutPorts(entries: readonly unknown[], off: readonly unknown[]): unknown[] {
  const ports = new Set(off.map(portOf))
  return entries.filter((entry) => !ports.has(portOf(entry)))
}

function portOf(entry: unknown): string {
  return entryForm.exec(String(entry))?.[2] ?? ''
}

/** Gives an entry without a host this one. */
export function withHost(entry: unknown, host: string): unknown {
  const match = entryForm.exec(String(entry))
  if (match === null || match[1] !== undefined) return entry
  return `${host.includes(':') ? `[${host}]` : host}:${String(entry)}`
}

/** Gives an entry another port. */
export function withPort(entry: unknown, port: string): unknown {
  const match = entryForm.exec(String(entry))
  if (match === null) return entry
  return `${match[1] === undefined ? '' : `${match[1]}:`}${port}=${match[3]}`
}
