import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig, type Config, type Loaded } from '../src/config.ts'
import { signToken } from '../src/core/auth.ts'
import type { Heat } from '../src/core/spread.ts'
import { createLog } from '../src/core/log.ts'
import { createFanfare, type Fanfare } from '../src/fanfare.ts'
import type { Host } from '../src/system.ts'
import { allSystems, type Plug } from '../src/systems.ts'
import { fakeClock } from './clock.ts'

export const secret = 'a-secret-for-tests-only-0123456789abcdef'
export const serverKey = 'server-key-for-tests-only-0123456789'

type Deep<T> = { [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : Deep<T[K]> }

/** A whole server on port 0 with a real database in a temporary folder and a clock that moves only when told. */
export interface Fixture extends AsyncDisposable {
  readonly clock: ReturnType<typeof fakeClock>
  readonly fanfare: Fanfare
  /** `http://127.0.0.1:PORT` of the first listener. */
  readonly url: string
  readonly dir: string
  /** What the systems of this server were given. */
  readonly host: Host
  /** How many connections listen to a channel (full name). */
  listeners(channel: string): number
  /** What the server logged, one entry a line. */
  readonly logged: string[]
  /** A token for jive, valid for an hour of the fake clock unless `exp` says otherwise. */
  token(sub: string, claims?: Record<string, unknown>): Promise<string>
  connect(
    path: string,
    options?: { headers?: Record<string, string>; base?: string },
  ): Promise<TestClient>
  /** A request to the first listener; `body` is sent as JSON unless it is a string. */
  fetch(
    path: string,
    options?: { method?: string; body?: unknown; token?: string },
  ): Promise<Response>
  publish(
    channel: string,
    type: string,
    data: unknown,
  ): Promise<{ id: string; version: number; recipients: number }>
  /** Waits until the server's side of something has happened; fails when it does not. */
  settled(ready: () => boolean): Promise<void>
  /** Its time passes meanwhile in steps of so many ms: who waits for the disk on a busy machine takes small ones. */
  stop(step?: number): Promise<void>
  /** Stops the server and starts a new one on the same data folder and clock. */
  restart(): Promise<Fixture>
}

/** Starts a server; `flags` are configuration keys in the form of the command line. */
export async function start(
  flags: Deep<Config> = {},
  {
    plug,
    heat,
    ...kept
  }: {
    plug?: Plug
    dir?: string
    clock?: ReturnType<typeof fakeClock>
    heat?: Heat
  } = {},
): Promise<Fixture> {
  const dir = kept.dir ?? mkdtempSync(join(tmpdir(), 'fanfare-test-'))
  const clock = kept.clock ?? fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))
  const logged: string[] = []
  const log = createLog({
    level: 'trace',
    format: 'json',
    clock,
    write: (line) => logged.push(line),
  })
  const { config, origins } = await testConfig(dir, flags)
  const lost = (cause: string) => void logged.push(cause)
  let host: Host | undefined
  const parts = { clock, log, lost, origins, ...(heat && { heat }) }
  const fanfare = await createFanfare(config, parts, (given, thread, settings) => {
    host = given
    return (plug ?? allSystems)(given, thread, settings)
  })
  await fanfare.start()
  const [first] = fanfare.listeners
  if (first === undefined) throw new Error('no listener')
  const url = first.url.origin
  const clients: TestClient[] = []
  let stopped = false

  const fixture: Fixture = {
    clock,
    fanfare,
    url,
    dir,
    logged,
    get host() {
      return host as Host
    },
    listeners: (channel) => (host as Host).hub.listeners([channel]),
    token: (sub, claims = {}) =>
      signToken(
        { sub, aud: 'jive', exp: Math.floor(clock.now() / 1000) + 3600, ...claims },
        secret,
      ),
    async connect(path, { headers, base = url } = {}) {
      const client = await TestClient.open(base.replace('http', 'ws') + path, headers)
      clients.push(client)
      return client
    },
    fetch: (path, { method = 'GET', body, token } = {}) =>
      fetch(url + path, {
        method,
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
      }),
    async publish(channel, type, data) {
      const body = { channel, type, data }
      const answer = await fixture.fetch('/api/publish', { method: 'POST', body, token: serverKey })
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
      return answer.json() as never
    },
    async settled(ready) {
      const began = performance.now()
      while (!ready()) {
        if (performance.now() - began > patienceMs) throw new Error('it did not happen')
        await Bun.sleep(1)
      }
    },
    async stop(step = 500) {
      if (stopped) return
      stopped = true
      let done = false
      const stopping = fanfare.stop().finally(() => (done = true))
      while (!done) {
        clock.advance(step)
        await Bun.sleep(1)
      }
      await stopping
      for (const client of clients) client.socket.terminate()
    },
    async restart() {
      await fixture.stop()
      return start(flags, {
        ...{ dir, clock },
        ...(plug && { plug }),
        ...(heat && { heat }),
      })
    },
    async [Symbol.asyncDispose]() {
      await fixture.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return fixture
}

async function testConfig(
  dir: string,
  overrides: Deep<Config>,
): Promise<Pick<Loaded, 'config' | 'origins'>> {
  const { config, origins } = await loadConfig({
    env: {
      FANFARE_LISTEN: '127.0.0.1:0=*',
      FANFARE_INTERNAL: '127.0.0.1:0',
      FANFARE_DATA_DIR: dir,
      FANFARE_AUTH_SECRET: secret,
      FANFARE_SERVER_KEY: serverKey,
      // No test may reach for the real exchange.
      FANFARE_PLEDGE_UPSTREAM_URL: '',
      FANFARE_CRASH_SALT_SOURCE: 'local',
      // A million hashes a server are a second of work.
      FANFARE_CRASH_CHAIN_LENGTH: '100',
    },
  })
  return { config: merge(config, overrides), origins }
}

function merge<T>(base: T, over: Deep<T>): T {
  if (typeof base !== 'object' || base === null || Array.isArray(base)) return over as T
  const merged = { ...base } as Record<string, unknown>
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key]
    merged[key] = old !== undefined && value !== null ? merge(old, value as never) : value
  }
  return merged as T
}

/** How long a test waits for something that must come; no test passes because this ran out. */
const patienceMs = 15_000

/** A client that keeps what it receives in order. */
export class TestClient {
  readonly frames: string[] = []
  closed: { code: number; reason: string } | null = null
  private wake: (() => void)[] = []
  private constructor(readonly socket: WebSocket & { terminate(): void }) {
    socket.addEventListener('message', ({ data }) =>
      this.notice(() => this.frames.push(String(data))),
    )
    socket.addEventListener('close', ({ code, reason }) =>
      this.notice(() => (this.closed = { code, reason })),
    )
  }

  /** Takes any certificate, since those of tests are signed by nobody. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<TestClient> {
    const options = { headers, tls: { rejectUnauthorized: false } }
    const socket = new WebSocket(url, options as never) as WebSocket & { terminate(): void }
    const client = new TestClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('close', ({ code }) => reject(new Error(`refused: ${code}`)))
      socket.addEventListener('error', () => {})
    })
    return client
  }

  private notice(change: () => void): void {
    change()
    for (const wake of this.wake.splice(0)) wake()
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** Waits until `ready` holds; fails with what has arrived instead. */
  async until(ready: () => boolean, what: string): Promise<void> {
    const timer = setTimeout(() => this.notice(() => {}), patienceMs)
    const began = performance.now()
    while (!ready()) {
      if (performance.now() - began >= patienceMs) {
        throw new Error(
          `no ${what}; frames ${JSON.stringify(this.frames)}, closed ${JSON.stringify(this.closed)}`,
        )
      }
      await new Promise<void>((resolve) => this.wake.push(resolve))
    }
    clearTimeout(timer)
  }

  /** Takes the oldest frame not taken yet, as text. */
  async text(): Promise<string> {
    await this.until(() => this.frames.length > 0, 'frame')
    return this.frames.shift() as string
  }

  /** Takes the oldest frame not taken yet, parsed. */
  async next(): Promise<any> {
    return JSON.parse(await this.text())
  }

  /** Sends a frame and takes the frames up to the answer `last` recognises; with nothing before it there was silence. */
  async upTo(frame: unknown, last: (frame: any) => boolean): Promise<any[]> {
    this.send(frame)
    const taken: any[] = []
    for (;;) {
      const one = await this.next()
      if (last(one)) return taken
      taken.push(one)
    }
  }

  async close(): Promise<{ code: number; reason: string }> {
    await this.until(() => this.closed !== null, 'close')
    return this.closed as { code: number; reason: string }
  }
}
