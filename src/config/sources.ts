import { keyByPath, keys, flagOf, variableOf, type Key } from './keys.ts'
import { splitListeners } from './listen.ts'
import { nearest } from './nearest.ts'

/** A value as it was written somewhere, and where: `fanfare.toml:3:1`, `environment FANFARE_LISTEN`. */
export interface Written {
  readonly value: unknown
  readonly source: string
  /** Where a part of the value stands, by its path; absent outside a file. */
  readonly sourceOf?: (path: string) => string | undefined
}

/** What one source says, by path of the setting. */
export type Layer = Map<string, Written>

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Flags by path of the setting, `{ 'data.dir': '/srv', listen: ['8080=*'] }`; what names no setting is not looked at. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** Variables with our prefix that are no settings. */
const ours = ['FANFARE_CONFIG', 'FANFARE_URL', 'FANFARE_REQUIRE_ALL']

/** Reads the settings of the environment; a variable with our prefix that means nothing is warned about. */
export function readEnvironment(env: Environment, warnings: string[]): Layer {
  const layer: Layer = new Map()
  const variables = new Map(keys.map((key) => [variableOf(key.path), key]))
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('FANFARE_') || text === undefined || ours.includes(name)) continue
    const key = variables.get(name)
    if (key !== undefined) {
      layer.set(key.path, { value: fromText(key, text), source: `environment ${name}` })
      continue
    }
    const guess = nearest(name, [...variables.keys(), ...ours])
    warnings.push(`Unknown environment variable "${name}", did you mean "${guess}"`)
  }
  return layer
}

/** Reads the settings given on the command line. */
export function readFlags(flags: Flags): Layer {
  const layer: Layer = new Map()
  for (const [path, given] of Object.entries(flags)) {
    const key = keyByPath.get(path)
    if (given === undefined || key === undefined) continue
    const value = Array.isArray(given)
      ? given.flatMap((one: string) => fromText(key, one))
      : fromText(key, String(given))
    layer.set(path, { value, source: `flag ${flagOf(path)}` })
  }
  return layer
}

/** Turns text into what the file would hold; text of another form stays as it is, for the schema to refuse. */
function fromText({ kind }: Key, text: string): unknown {
  switch (kind) {
    case 'count':
      return /^\d{1,16}$/.test(text) ? Number(text) : text
    case 'switch':
      return { true: true, '1': true, false: false, '0': false }[text] ?? text
    case 'list':
      return text.split(/[\s,]+/).filter((entry) => entry !== '')
    case 'listeners':
      return splitListeners(text)
    case 'table':
      return pairs(text)
    default:
      return text
  }
}

/** `kid=secret kid=secret` → `{ kid: secret }`; a secret may hold `=` itself. */
function pairs(text: string): Record<string, string> {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  return Object.fromEntries(
    entries.map((entry) => {
      const [kid = '', ...secret] = entry.split('=')
      return [kid, secret.join('=')]
    }),
  )
}
