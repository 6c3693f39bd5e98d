import { Command } from 'commander'
import type { Config } from '../config.ts'
import type { Endpoint } from '../config/listen.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { Failure } from './failure.ts'

/** The options of a verb that talks to a running server. */
export interface RemoteOptions extends ConfigOption {
  readonly url?: string
  readonly key?: string
  readonly json?: boolean
}

/** A running server, as a verb of the command line sees it. */
export interface Remote {
  /** Sends a request with the server key and answers the body of a success; a Failure otherwise. */
  ask(path: string, body?: string): Promise<string>
  /** Ends what a path names; a Failure where that is refused. */
  end(path: string): Promise<void>
}

const patienceMs = 10_000

/** Adds the options with which a verb finds its server. */
export function withRemote(command: Command): Command {
  return withConfig(command)
    .option(
      '--url <url>',
      'address of the server (FANFARE_URL, else the first listener of all systems)',
    )
    .option('--key <key>', 'server key (else server_key of the configuration)')
}

/** Finds the server: --url, FANFARE_URL, else the first listener of the configuration that has the API. */
export async function remote(options: RemoteOptions): Promise<Remote> {
  const { config } = await load(options)
  const base = options.url ?? (Bun.env['FANFARE_URL'] || undefined) ?? wholeListener(config)
  const key = options.key ?? config.server_key
  if (key === undefined) throw new Failure(2, 'No server key: give --key or set FANFARE_SERVER_KEY')
  if (!URL.canParse(base) || !/^https?:\/\//.test(base)) {
    throw new Failure(
      2,
      `Expected the address of a server such as "http://127.0.0.1:8080", got "${base}"`,
    )
  }
  async function send(path: string, how: BunFetchRequestInit): Promise<string> {
    const answer = await reach(new URL(path, base), {
      ...how,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    })
    const text = await answer.text()
    if (answer.ok) return text
    throw new Failure(1, refusalLine(answer.status, text))
  }
  return {
    ask: (path, body) => send(path, body === undefined ? {} : { method: 'POST', body }),
    end: async (path) => void (await send(path, { method: 'DELETE' })),
  }
}

function wholeListener({ listen, tls }: Config): string {
  const whole = listen.find(({ systems }) => systems === '*')
  if (whole === undefined) {
    throw new Failure(2, 'No listener serves all systems, and only such a one has the API')
  }
  if (whole.port === 0) {
    throw new Failure(2, 'The port of that listener is not fixed: give --url or set FANFARE_URL')
  }
  return baseUrl(whole, tls.cert !== undefined)
}

/** Where to reach a listener from this machine: `http://127.0.0.1:8080`. */
export function baseUrl({ host, port }: Endpoint, secure: boolean): string {
  const here = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return `${secure ? 'https' : 'http'}://${here.includes(':') ? `[${here}]` : here}:${port}`
}

/** Sends a request; a Failure with exit code 3 when nobody answers. */
export async function reach(url: URL, init: BunFetchRequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) })
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string }
    throw new Failure(3, `Cannot reach ${url.origin} (${code ?? name ?? 'unknown error'})`)
  }
}

/** Puts a refusal into one line: `404 NOT_FOUND: No such channel`. */
export function refusalLine(status: number, body: string): string {
  try {
    const { code, message } = JSON.parse(body) as { code?: unknown; message?: unknown }
    if (typeof code === 'string' && typeof message === 'string')
      return `${status} ${code}: ${message}`
  } catch {
    // Somebody else's answer, a proxy's perhaps: its status says enough.
  }
  return `The server answered with status ${status}`
}
