import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { developmentLayer, isDevelopment, placeListeners } from './config/development.ts'
import { disagreements } from './config/disagreements.ts'
import { readFile } from './config/file.ts'
import { keyByPath, keys, place } from './config/keys.ts'
import { Fault } from './config/kinds.ts'
import { tokenSystems } from './config/listen.ts'
import { schema } from './config/schema.ts'
import { resolveFile } from './config/secrets.ts'
import {
  readEnvironment,
  readFlags,
  type Environment,
  type Flags,
  type Layer,
  type Written,
} from './config/sources.ts'
import { parseCurve } from './systems/crash/curve.ts'
import { compiled } from './version.ts'

/** All settings: snake_case as in the file, durations in ms, sizes in bytes, optional ones undefined. */
export type Config = v.InferOutput<typeof schema> & {
  /** Development mode: throw-away secrets, loopback not counted. */
  readonly dev: boolean
}

/** Where a value comes from and how it was written there; a secret only as its `file:` or `***`. */
export interface Origin {
  /** `default`, `development`, `fanfare.toml:3:1`, `environment FANFARE_LISTEN` or `flag --listen`. */
  readonly source: string
  readonly raw: unknown
}

/** What loading came to. */
export interface Loaded {
  readonly config: Config
  readonly origins: ReadonlyMap<string, Origin>
  readonly warnings: readonly string[]
  /** The configuration file that was read. */
  readonly file: string | undefined
}

/** What to load from: flag wins over environment, environment over file, file over default. */
export interface Sources {
  /** The file named by `-c`, also as `flags.config`; else FANFARE_CONFIG; else `fanfare.toml` in `folder` when it is there. */
  readonly file?: string | undefined
  /** By path of the setting; `host` and `port` change the listeners, `dev` is --dev. */
  readonly flags?: Flags
  readonly env: Environment
  /** True: --dev. False: never. Left out: when nothing is configured, and never in the built executable. */
  readonly dev?: boolean | undefined
  /** The working folder. */
  readonly folder?: string
}

/** A configuration that cannot be used: every fault it has, as a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'))
  }
}

/** Reads, merges and checks the configuration; throws a ConfigError that names every fault. */
export async function loadConfig(sources: Sources): Promise<Loaded> {
  const { env, flags = {} } = sources
  const faults: string[] = []
  const warnings: string[] = []
  const file = findFile(sources)
  const layers = [
    file === undefined ? new Map() : await readFile(file, faults),
    readEnvironment(env, warnings),
    readFlags(flags),
  ]
  const asked = sources.dev ?? (typeof flags['dev'] === 'boolean' ? flags['dev'] : undefined)
  const dev = asked ?? (!compiled && isDevelopment(file, layers, env))
  if (dev) layers.unshift(developmentLayer(layers))
  const written = new Map(layers.flatMap((layer) => [...layer]))
  placeListeners(written, layers, flags, dev)
  const config = await check(written, faults)
  if (config === undefined || faults.length > 0) throw new ConfigError(faults)
  const listen = config.listen.flatMap((listener) => running(listener, config.systems))
  return { config: { ...config, listen, dev }, origins: originsOf(written), warnings, file }
}

/** A listener with those of its systems that run; none when none of them does. */
function running(listener: Config['listen'][number], systems: readonly string[]): Config['listen'] {
  if (listener.systems === '*') return [listener]
  const served = listener.systems.filter((name) => systems.includes(name))
  return served.length > 0 ? [{ ...listener, systems: served }] : []
}

/** Refuses what only development may do without: a way to check tokens, and no anonymous clients. */
export function requireProduction({ auth, systems, jive, locallife, crash, dev }: Config): void {
  if (dev) return
  const faults: string[] = []
  const keyed = (of: { secret?: string | undefined; jwks_url?: string | undefined }) =>
    of.secret !== undefined || of.jwks_url !== undefined
  const own = tokenSystems.some((name) => systems.includes(name) && keyed(auth[name]))
  const known = keyed(auth) || Object.keys(auth.secrets).length > 0 || own
  const needed = tokenSystems.some((name) => systems.includes(name))
  // A system that alone has no key starts all the same: its clients are told what is not configured.
  if (needed && !known && locallife.token_secret === undefined) {
    faults.push(
      'auth.secret: Tokens cannot be checked without a secret or auth.jwks_url; make one with ' +
        '"openssl rand -hex 32" and set FANFARE_AUTH_SECRET, or try the server with --dev',
    )
  }
  if (jive.anonymous) faults.push('jive.anonymous: Allowed with --dev only')
  if (crash.scenario !== undefined) faults.push('crash.scenario: Allowed with --dev only')
  if (faults.length > 0) throw new ConfigError(faults)
}

function findFile({ file, flags, env, folder = process.cwd() }: Sources): string | undefined {
  const flag = flags?.['config']
  const named =
    file ?? (typeof flag === 'string' ? flag : undefined) ?? (env['FANFARE_CONFIG'] || undefined)
  if (named !== undefined) return named
  const usual = join(folder, 'fanfare.toml')
  if (!existsSync(usual)) return undefined
  return folder === process.cwd() ? 'fanfare.toml' : usual
}

async function check(
  written: Layer,
  faults: string[],
): Promise<v.InferOutput<typeof schema> | undefined> {
  const tree: Record<string, unknown> = emptyTree()
  const faulty = new Set<string>()
  for (const [path, entry] of written) {
    try {
      place(tree, path, await resolved(path, entry.value))
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      faulty.add(path)
      faults.push(told(path, error.at, error.message, entry))
    }
  }
  const { success, output, issues = [] } = v.safeParse(schema, tree)
  for (const issue of issues) {
    const path = v.getDotPath(issue) ?? ''
    const key =
      keys.find((one) => path === one.path || path.startsWith(`${one.path}.`))?.path ?? path
    faulty.add(key)
    faults.push(told(key, path.slice(key.length + 1), issue.message, written.get(key)))
  }
  const values = output as v.InferOutput<typeof schema>
  for (const [path, other, message] of [...disagreements(values), ...unplayable(values)]) {
    if (faulty.has(path) || faulty.has(other)) continue
    faults.push(told(path, undefined, message, written.get(path) ?? written.get(other)))
  }
  return success ? output : undefined
}

/** A curve of the right form may still be one that nobody could play. */
function* unplayable({ crash }: v.InferOutput<typeof schema>): Generator<[string, string, string]> {
  if (typeof crash.curve !== 'string' || parseCurve(crash.curve) !== null) return
  const message = 'Expected a curve that is below 2.00 at 100 ms and above 100.00 after an hour'
  yield ['crash.curve', 'crash.curve', message]
}

function told(
  path: string,
  at: string | number | undefined,
  message: string,
  entry?: Written,
): string {
  const full = at === undefined || at === '' ? path : `${path}.${at}`
  return `${full}: ${message} (${entry?.sourceOf?.(full) ?? entry?.source ?? 'default'})`
}

async function resolved(path: string, value: unknown): Promise<unknown> {
  const { kind, secret } = keyByPath.get(path)!
  if (kind === 'table' && typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(async ([kid, one]) => {
      try {
        return [kid, await resolveFile(one)]
      } catch (error) {
        throw error instanceof Fault ? new Fault(error.message, kid) : error
      }
    })
    return Object.fromEntries(await Promise.all(entries))
  }
  return secret === true || kind === 'pem' ? resolveFile(value) : value
}

function emptyTree(): Record<string, unknown> {
  const tree = {}
  for (const { path } of keys) place(tree, path, undefined)
  return tree
}

function originsOf(written: Layer): Map<string, Origin> {
  return new Map(
    keys.map(({ path, fallback, secret }) => {
      const { value, source } = written.get(path) ?? { value: fallback, source: 'default' }
      return [path, { source, raw: secret === true ? masked(value) : value }]
    }),
  )
}

/** A secret for showing: where it is read from, or that there is one. */
function masked(value: unknown): unknown {
  if (value === undefined) return undefined
  if (typeof value === 'string') return value.startsWith('file:') ? value : '***'
  if (typeof value !== 'object' || value === null) return '***'
  return Object.fromEntries(Object.entries(value).map(([kid, one]) => [kid, masked(one)]))
}
