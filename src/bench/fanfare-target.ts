import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Settings } from './gaming.ts'
import { locallifeNotices } from './locallife.ts'
import { noReadings, readMetrics } from './metrics.ts'
import { postRequest } from './post.ts'
import { selfCommand } from './role.ts'
import { isUp, notification, type Needs, type Target } from './target.ts'
import { until } from './time.ts'
import { token } from './token.ts'

/** A server that runs already: where it is, and what it needs to know clients and publishers. */
export interface Running {
  readonly url: URL
  /** The server key. */
  readonly key: string
  /** The HS256 secret of its tokens. */
  readonly secret: string
  readonly pid: number | null
}

const host = '127.0.0.1'

/** Starts `fanfare serve` with a data folder of its own, limits out of the way, in development mode only where it is to play. */
export async function startFanfare({ upstream = '', game, settings }: Needs = {}): Promise<Target> {
  const dir = await mkdtemp(join(tmpdir(), 'fanfare-bench-'))
  const [key, secret] = [randomText(), randomText()]
  const [port, internal] = freePorts()
  const log = Bun.file(join(dir, 'server.log'))
  const env = {
    ...environment(port, internal, join(dir, 'data')),
    ...(game !== undefined && playing(game)),
    FANFARE_PLEDGE_UPSTREAM_URL: upstream,
    FANFARE_AUTH_SECRET: secret,
    FANFARE_SERVER_KEY: key,
    ...settings,
  }
  const child = Bun.spawn(selfCommand('serve', ...(game === undefined ? [] : ['--dev'])), {
    cwd: dir,
    env,
    stdio: ['ignore', log, 'inherit'],
  })
  const url = new URL(`http://${host}:${port}`)
  // Whatever ends the bench, no server and no folder is left behind.
  const sweep = () => {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
  process.on('exit', sweep)
  async function stop(): Promise<void> {
    child.kill('SIGKILL')
    await child.exited
    process.off('exit', sweep)
    sweep()
  }
  const answers = () => child.exitCode !== null || isUp(url)
  if (!(await until(answers, 10_000, 1)) || child.exitCode !== null) {
    const said = await log.text()
    await stop()
    throw new Error(`The server did not start: ${said.slice(-2_000) || 'it said nothing'}`)
  }
  const metrics = () => readMetrics(new URL(`http://${host}:${internal}/metrics`))
  const target = fanfareTarget({ url, key, secret, pid: child.pid })
  async function audit(): Promise<number> {
    child.kill('SIGTERM')
    await child.exited
    const auditor = Bun.spawn(selfCommand('crash', 'audit'), { cwd: dir, env, stdio })
    return auditor.exited
  }
  return { ...target, gaming: { ...target.gaming, audit }, metrics, stop }
}

/** What an audit says belongs beside how the bench goes. */
const stdio = ['ignore', 2, 2] as ['ignore', 2, 2]

/** A fanfare that somebody else has started; its limits stay as they are. */
export function fanfareTarget({ url, key, secret, pid }: Running): Target {
  const { hostname, port } = url
  const tokenOf = (sub: string, family: string) =>
    token(secret, { sub, aud: 'jive', families: [family] })
  return {
    name: 'fanfare',
    host: hostname,
    port: Number(port || 80),
    pid,
    greeting: true,
    path: (user, topic) => `/jive/ws?token=${tokenOf(`bench${user}`, `f${topic}`)}`,
    request(posts) {
      const bodies = posts.map(
        (post) =>
          `{"channel":"jive/family:f${post.topic}","type":"Notification","data":${notification(post)}}`,
      )
      return bodies.length === 1
        ? postRequest(hostname, '/api/publish', bodies[0]!, key)
        : postRequest(hostname, '/api/publish/batch', `{"messages":[${bodies.join(',')}]}`, key)
    },
    keyed: (path, body, method) => postRequest(hostname, path, body, key, method),
    command: '{"command":"Ping"}',
    pricePath: '/pledge/ws',
    gaming: {
      plays: true,
      path: (player) =>
        `/crash/ws?token=${token(secret, { sub: `bench${player}`, aud: 'crash', name: `Bench ${player}` })}`,
      fly: async () => {},
      audit: async () => NaN,
    },
    notices: locallifeNotices({ host: hostname, key, secret }),
    metrics: async () => noReadings,
    stop: async () => {},
  }
}

/** What the server is started with. */
function environment(port: number, internal: number, dataDir: string): Record<string, string> {
  return {
    ...(Bun.env.PATH !== undefined && { PATH: Bun.env.PATH }),
    NODE_ENV: 'production',
    FANFARE_LISTEN: `${host}:${port}=*`,
    FANFARE_INTERNAL: `${host}:${internal}`,
    FANFARE_DATA_DIR: dataDir,
    FANFARE_LIMITS_MAX_CONNECTIONS: '100000',
    FANFARE_LIMITS_MAX_CONNECTIONS_PER_IP: '100000',
    FANFARE_LIMITS_HANDSHAKES_PER_IP_PER_MINUTE: '10000000',
    FANFARE_LIMITS_COMMANDS_PER_SECOND: '1000000',
  }
}

/** What a server that plays is started with beside that: nothing but crash, as fast as players can. */
function playing(game: Settings): Record<string, string> {
  const settings = {
    RATES: 'bet=1000000 cash_out=1000000 state=1000000 other=1000000',
    MAX_EXPOSURE: '99999999999.00',
    ...game,
  }
  const keys = Object.entries(settings).map(([name, value]) => [`FANFARE_CRASH_${name}`, value])
  return { FANFARE_SYSTEMS: 'crash', ...Object.fromEntries(keys) }
}

/** Two ports that were free a moment ago. */
function freePorts(): [number, number] {
  const open = () => Bun.listen({ hostname: host, port: 0, socket: { data() {} } })
  const [one, other] = [open(), open()]
  one.stop(true)
  other.stop(true)
  return [one.port, other.port]
}

function randomText(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(36))).toString('base64url')
}
