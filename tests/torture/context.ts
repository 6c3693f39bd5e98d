import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { secret, serverKey } from '../fixture.ts'
import { program } from '../program.ts'
import { randomStream, type Random } from './random.ts'

/** Something done to a server that it must survive; a throw is a failure. */
export interface Torture {
  /** What the runner is told to run it by. */
  readonly name: string
  /** What is done and what must hold, in a sentence. */
  readonly about: string
  /** Programs that must be installed, `root` for the rights to mount and trace: else it is skipped. */
  readonly needs?: readonly string[]
  /** Resolves to its summary: figures in one line. */
  run(context: Context): Promise<string>
}

/** What a torture works with. */
export interface Context {
  /** How long it should go on. */
  readonly minutes: number
  /** Told at the start: the same seed draws the same numbers. */
  readonly seed: number
  /** An empty folder of its own; removed at the end unless something failed. */
  readonly folder: string
  /** Numbers of their own for each name. */
  random(name: string): Random
  /** Starts a server as a process of its own and waits until it listens; it is killed when the torture ends. */
  serve(env?: Env, how?: How): Promise<Served>
  /** The same without waiting: for a server that is to fail, or to be killed before it listens. */
  launch(env?: Env, how?: How): Launched
  /** Runs another verb of the program on the same data and settings. */
  fanfare(words: readonly string[], env?: Env): Promise<Ended>
}

/** Variables of a process beside those every one has. */
export type Env = Readonly<Record<string, string>>

/** How a server is started where it is not as usual. */
export interface How {
  /** Words in front of the program: `strace -f …`, `prlimit …`. */
  readonly before?: readonly string[]
  readonly args?: readonly string[]
  /** How long it may take until it listens, in ms. */
  readonly patience?: number
}

/** What a process printed and ended with. */
export interface Ended {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** A server that was started. */
export type Launched = Bun.Subprocess<'ignore', 'pipe', 'pipe'>

/** A server that runs. */
export interface Served {
  readonly child: Bun.Subprocess
  /** Of the server itself, also behind words in front. */
  readonly pid: number
  /** `http://127.0.0.1:PORT` of the first listener. */
  readonly url: string
  /** The same of /metrics. */
  readonly internal: string
  /** What it logged, one entry a line, growing. */
  readonly lines: readonly string[]
  /** kill -9; resolves once it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number>
}

/** What every server of a torture is told: a production server with short phases and without limits that would protect it from us. */
export const settings: Env = {
  NODE_ENV: 'production',
  FANFARE_LISTEN: '127.0.0.1:0=*',
  FANFARE_INTERNAL: '127.0.0.1:0',
  FANFARE_AUTH_SECRET: secret,
  FANFARE_SERVER_KEY: serverKey,
  FANFARE_LIMITS_COMMANDS_PER_SECOND: '100000',
  FANFARE_LIMITS_HANDSHAKES_PER_IP_PER_MINUTE: '1000000',
  FANFARE_LIMITS_MAX_CONNECTIONS_PER_IP: '20000',
  FANFARE_PLEDGE_UPSTREAM_URL: '',
  FANFARE_CRASH_BETTING: '400ms',
  FANFARE_CRASH_WAITING: '200ms',
  FANFARE_CRASH_CURVE: 'exp:0.002',
  FANFARE_CRASH_CHAIN_LENGTH: '5000',
  FANFARE_CRASH_SALT_SOURCE: 'local',
  FANFARE_CRASH_RATES: 'bet=100000 cash_out=100000 state=100000 other=100000',
}

/** A context whose servers keep their data in `folder`/data; `end` kills what still runs. */
export function createContext(options: { minutes: number; seed: number; folder: string }) {
  const { seed, folder } = options
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const children: Bun.Subprocess[] = []
  function spawn(words: readonly string[], env: Env = {}): Launched {
    const PATH = process.env['PATH']
    const child = Bun.spawn([...words], {
      cwd: folder,
      env: { PATH, TMPDIR: folder, FANFARE_DATA_DIR: data, ...settings, ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    children.push(child)
    return child
  }
  const context: Context = {
    ...options,
    random: (name) => randomStream(seed, name),
    serve(env, how) {
      const keep = (text: string) => {
        if (text !== '' && existsSync(folder)) appendFileSync(join(folder, 'servers.log'), text)
      }
      return listening(context.launch(env, how), how?.patience ?? 20_000, keep)
    },
    launch: (env, { before = [], args = [] } = {}) =>
      spawn([...before, ...program, 'serve', ...args], env),
    async fanfare(words, env) {
      const child = spawn([...program, ...words], env)
      const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()])
      return { exitCode: await child.exited, out: out.trim(), err: err.trim() }
    },
  }
  return {
    context,
    async end(keep: boolean) {
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(children.map(({ exited }) => exited))
      if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** `keep` is given all that it says, for whoever looks into a failure. */
async function listening(
  child: Launched,
  patience: number,
  keep: (text: string) => void,
): Promise<Served> {
  const lines: string[] = []
  const ready = Promise.withResolvers<void>()
  const errors = child.stderr.text()
  void (async () => {
    let rest = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
      keep(parts.map((line) => `${line}\n`).join(''))
      if (parts.some((line) => line.includes('"systems":"internal"'))) ready.resolve()
    }
    keep(await errors)
    const told = [...lines.slice(-5), await errors].join('\n')
    ready.reject(
      new Error(`The server ended with ${await child.exited} before it listened: ${told}`),
    )
  })()
  const slow = setTimeout(() => ready.reject(new Error('The server does not listen')), patience)
  await ready.promise.finally(() => clearTimeout(slow))
  const urls = lines.flatMap((line) => /"listening","url":"(\S+?)"/.exec(line)?.[1] ?? [])
  return {
    child,
    pid: innermost(child.pid),
    url: urls[0]!,
    internal: urls.at(-1)!,
    lines,
    async kill() {
      // It may have ended by itself.
      if (child.exitCode === null) process.kill(innermost(child.pid), 'SIGKILL')
      await child.exited
    },
    stop() {
      process.kill(innermost(child.pid), 'SIGTERM')
      return child.exited
    },
  }
}

/** The server of a process that only starts it; the process itself when it has none. */
function innermost(pid: number): number {
  let children = ''
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  } catch {
    // It is gone, or this is no Linux.
  }
  const [child] = children.split(' ')
  return child ? innermost(Number(child)) : pid
}
