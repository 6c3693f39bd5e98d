import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signToken } from '../../src/core/auth.ts'
import { secret, serverKey } from '../fixture.ts'
import { program } from '../program.ts'
import { startExchange, type SimulatedExchange } from '../simulators/exchange.ts'
import { watch, type Watch } from './bystanders.ts'
import { metricFaults } from './labels.ts'

/** A listener by what it serves. */
export type Door = 'all' | 'jive' | 'crash' | 'internal'

/** A whole server as a process of its own, run as in production, with a bystander on every system. */
export interface House {
  /** `http://127.0.0.1:PORT` of a listener. */
  url(door?: Door): string
  /** A token of a system that holds for an hour unless `exp` says otherwise. */
  token(system: string, user: string, claims?: Record<string, unknown>): Promise<string>
  /** A JSON request; fails when the status is not 2xx. */
  call(method: string, path: string, body?: unknown, token?: string): Promise<any>
  /** Something nobody has been called yet. */
  fresh(kind: string): string
  /** What must not be in a log. */
  secrets: Set<string>
  readonly exchange: SimulatedExchange
  /** How many lines of the log hold this text. */
  logged(text: string): number
  /** The sum of the series of a metric (its name without the prefix) whose labels hold each of these texts. */
  metric(name: string, ...labels: readonly string[]): Promise<number>
  /** The whole of /metrics. */
  metrics(): Promise<string>
  /** Fails unless the process lives, its log is one object a line without an error or a secret, and every bystander has just heard the next message, and all before it in order, each once. */
  unharmed(): Promise<void>
  /** Ends it as an operator does; fails unless it was unharmed, knows of nobody any more but the bystanders, its metrics have no label that clients chose, and it ends with 0. */
  close(): Promise<void>
}

/** Where the bystanders' symbol is told. */
export const symbol = 'PLGR-USDT'

/** Starts a server with these settings in addition (`FANFARE_…` without the prefix). */
export async function openHouse(settings: Readonly<Record<string, string>> = {}): Promise<House> {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-wire-'))
  const exchange = await startExchange({ symbols: [symbol] })
  const child = Bun.spawn([...program, 'serve'], {
    cwd: dir,
    env: { PATH: process.env['PATH'], ...environment({ dir, exchange, settings }) },
    // Bun 1.4.5 may lose the pipes and the end of a child in a process that resets many sockets: files stay.
    stdout: Bun.file(join(dir, 'log')),
    stderr: Bun.file(join(dir, 'errors')),
  })
  const secrets = new Set([secret, serverKey])
  const log = followLog(join(dir, 'log'), secrets)
  const errors = () => readFileSync(join(dir, 'errors'), 'utf8')
  void child.exited.then(log.stop)
  const urls = await log.listening.catch((error) => {
    throw new Error(`The server did not start: ${error}\n${errors()}`)
  })
  let names = 0
  let watching: Watch | null = null

  const self: House = {
    exchange,
    secrets,
    logged: log.count,
    url: (door = 'all') => urls.get(door === 'all' ? '*' : door) ?? '',
    fresh: (kind) => `${kind}-${++names}`,
    token: (system, sub, claims = {}) => {
      const exp = Math.floor(Date.now() / 1_000) + 3_600
      return signToken({ sub, aud: system, exp, ...claims }, secret)
    },
    async call(method, path, body, token = serverKey) {
      const answer = await fetch(self.url() + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return text === '' ? null : JSON.parse(text)
    },
    async metrics() {
      return (await fetch(`${self.url('internal')}/metrics`)).text()
    },
    async metric(name, ...labels) {
      const lines = (await self.metrics()).split('\n')
      const found = lines.filter(
        (line) => line.startsWith(`fanfare_${name}`) && labels.every((one) => line.includes(one)),
      )
      return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    },
    async unharmed() {
      if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}`)
      await watching?.next()
      const faults = [...log.faults, ...(watching?.faults ?? [])]
      if (faults.length > 0) throw new Error(faults.slice(0, 5).join('\n'))
    },
    async close() {
      try {
        await self.unharmed()
        await forgotten()
        const faults = metricFaults(await self.metrics())
        if (faults.length > 0) throw new Error(faults.join('\n'))
        watching?.stop()
        child.kill('SIGTERM')
        await log.read
        const code = child.exitCode ?? 0
        const said = errors()
        if (said !== '') log.faults.push(`on stderr: ${said}`)
        if (code !== 0 || log.faults.length > 0)
          throw new Error(`${code}: ${log.faults.join('\n')}`)
      } finally {
        watching?.stop()
        child.kill('SIGKILL')
        log.stop()
        await exchange.stop()
        rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
      }
    },
  }
  let own: readonly string[] = []
  try {
    watching = await watch(self)
    own = await channels()
  } catch (error) {
    // Nobody is there yet to close it.
    child.kill('SIGKILL')
    throw new Error(log.faults.join('\n'), { cause: error })
  }
  return self

  async function channels(): Promise<string[]> {
    const answer = await self.call('GET', '/api/channels')
    return answer.channels.map(({ channel }: { channel: string }) => channel).sort()
  }

  /** Waits until the server knows of nobody but the bystanders. */
  async function forgotten(): Promise<void> {
    const began = performance.now()
    for (;;) {
      const known = [...(await channels()), await self.metric('connections{')].join(' ')
      if (known === [...own, 5].join(' ')) return
      if (performance.now() - began > 15_000) throw new Error(`There are still ${known}`)
      await Bun.sleep(20)
    }
  }
}

function environment({
  dir,
  exchange,
  settings,
}: {
  dir: string
  exchange: SimulatedExchange
  settings: Readonly<Record<string, string>>
}): Record<string, string> {
  const all: Record<string, string> = {
    LISTEN: '127.0.0.1:0=* 127.0.0.1:0=jive 127.0.0.1:0=crash',
    INTERNAL: '127.0.0.1:0',
    DATA_DIR: join(dir, 'data'),
    AUTH_SECRET: secret,
    SERVER_KEY: serverKey,
    LOG_FORMAT: 'json',
    // Nobody here has to be told slowly that it ends.
    SERVER_DRAIN: '1s',
    PLEDGE_UPSTREAM_URL: exchange.url,
    CRASH_CHAIN_LENGTH: '1000',
    CRASH_SALT_SOURCE: 'local',
    LIMITS_HANDSHAKES_PER_IP_PER_MINUTE: '1000000',
    ...settings,
  }
  const named = Object.entries(all).map(([key, value]) => [`FANFARE_${key}`, value])
  return { NODE_ENV: 'production', ...Object.fromEntries(named) }
}

/** Reads the log as it comes, to its last line: it may grow for hours, so only what is wrong with it is kept beside its last lines. */
function followLog(path: string, secrets: ReadonlySet<string>) {
  const faults: string[] = []
  const lines: string[] = []
  const urls = new Map<string, string>()
  const ready = Promise.withResolvers<ReadonlyMap<string, string>>()
  let stopped = false
  const read = follow().finally(() => ready.reject(new Error(lines.join('\n'))))
  return {
    faults,
    read,
    stop: () => void (stopped = true),
    listening: ready.promise,
    count: (text: string) => lines.filter((line) => line.includes(text)).length,
  }

  async function follow(): Promise<void> {
    const file = openSync(path, 'a+')
    const bytes = Buffer.alloc(65_536)
    const decoder = new TextDecoder()
    let rest = ''
    for (let at = 0; ;) {
      const isLast = stopped
      const length = readSync(file, bytes, 0, bytes.length, at)
      at += length
      const [last = '', ...whole] = (
        rest + decoder.decode(bytes.subarray(0, length), { stream: true })
      )
        .split('\n')
        .toReversed()
      rest = last
      for (const line of whole.toReversed()) take(line)
      if (length === 0 && isLast) break
      if (length === 0) await Bun.sleep(5)
    }
    closeSync(file)
    if (rest !== '') faults.push(`no whole line: ${rest}`)
  }

  function take(line: string): void {
    lines.push(line)
    if (lines.length > 20_000) lines.splice(0, 10_000)
    const entry = entryOf(line)
    if (entry === null) return void faults.push(`no entry: ${line}`)
    if (entry['level'] === 'error') faults.push(line)
    if (/eyJ[\w-]{10}/.test(line) || [...secrets].some((one) => line.includes(one))) {
      faults.push(`a secret: ${line}`)
    }
    // The very last line of a server that ends well.
    if (entry['event'] === 'stopped') stopped = true
    if (entry['event'] !== 'listening') return
    urls.set(String(entry['systems']), String(entry['url']).replace(/\/$/, ''))
    if (urls.has('internal')) ready.resolve(urls)
  }
}

function entryOf(line: string): Record<string, unknown> | null {
  try {
    const entry = JSON.parse(line)
    return typeof entry === 'object' && !Array.isArray(entry) ? entry : null
  } catch {
    return null
  }
}
