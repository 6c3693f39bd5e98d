import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyByPath } from './keys.ts'
import { isOff, withHost, withoutPorts, withPort } from './listen.ts'
import type { Environment, Flags, Layer } from './sources.ts'

/** Keys that tokens of every system may be signed with. */
const shared = ['auth.secret', 'auth.secrets', 'auth.jwks_url']
const proofs = [
  ...shared,
  'auth.jive.secret',
  'auth.jive.jwks_url',
  'auth.locallife.secret',
  'auth.locallife.jwks_url',
  'auth.crash.secret',
  'auth.crash.jwks_url',
  'locallife.token_secret',
]

/** Nothing is configured: no file, no secret, and nobody says production. */
export function isDevelopment(
  file: string | undefined,
  layers: readonly Layer[],
  env: Environment,
): boolean {
  return file === undefined && !has(layers, proofs) && env['NODE_ENV'] !== 'production'
}

/** What development fills in where nothing is configured; the data folder is only named, not made. */
export function developmentLayer(layers: readonly Layer[]): Layer {
  const filled: Record<string, unknown> = {
    'data.dir': join(tmpdir(), `fanfare-dev-${randomBytes(4).toString('hex')}`),
    server_key: randomBytes(18).toString('base64url'),
    'jive.anonymous': true,
    'crash.salt_source': 'local',
  }
  if (!has(layers, shared)) filled['auth.secret'] = randomBytes(32).toString('hex')
  return new Map(
    Object.entries(filled).map(([path, value]) => [path, { value, source: 'development' }]),
  )
}

/** Settles `listen`: entries that only turn off, then --host and --port, then the host of development. */
export function placeListeners(
  written: Layer,
  layers: readonly Layer[],
  flags: Flags,
  dev: boolean,
): void {
  let value = keyByPath.get('listen')!.fallback
  let source = 'default'
  for (const layer of layers) {
    const entry = layer.get('listen')
    if (entry === undefined) continue
    const onlyOff = Array.isArray(entry.value) && entry.value.length > 0 && entry.value.every(isOff)
    value = onlyOff ? withoutPorts(value as unknown[], entry.value as unknown[]) : entry.value
    source = entry.source
    written.set('listen', { ...entry, value })
  }
  const { host, port } = flags
  const before = written.get('listen')?.sourceOf
  const ported = typeof port === 'string'
  if (!Array.isArray(value) || !(ported || typeof host === 'string' || dev)) return
  const first = ported ? value.slice(0, 1).map((entry) => withPort(entry, port)) : value.slice(0, 1)
  const here = typeof host === 'string' ? host : dev ? '127.0.0.1' : '0.0.0.0'
  const entries = [...first, ...value.slice(1)].map((entry) => withHost(entry, here))
  if (ported) source = 'flag --port'
  else if (typeof host === 'string') source = 'flag --host'
  else if (source === 'default') source = 'development'
  const sourceOf = (path: string) =>
    ported && path === 'listen.0' ? 'flag --port' : before?.(path)
  written.set('listen', { value: entries, source, sourceOf })
}

function has(layers: readonly Layer[], paths: readonly string[]): boolean {
  return paths.some((path) => layers.some((layer) => layer.has(path)))
}
