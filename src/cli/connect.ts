import { Command } from 'commander'
import { parseDuration } from '../config/kinds.ts'
import { systemClock } from '../core/clock.ts'
import { Failure } from './failure.ts'
import { reach, refusalLine } from './remote.ts'

interface Options {
  readonly header?: readonly string[]
  readonly wait?: string
}

/** The Ping of jive (J12), which a client that only listens must answer to stay. */
const ping = '{"type":"Ping"}'
const pong = '{"command":"Pong"}'

/** `fanfare connect URL`: a small WebSocket client for the terminal. */
export function connectCommand(): Command {
  return new Command('connect')
    .description('Print the frames of a WebSocket, answer its pings and send the lines of stdin')
    .argument('<url>', 'ws://, wss://, http:// or https://')
    .option('--header <name: value>', 'header of the handshake; repeats', collect)
    .option('--wait <duration>', 'close this long after stdin has ended, such as 2s')
    .addHelpText('after', '\nExample:\n  fanfare connect "ws://127.0.0.1:8012/ws?token=…"')
    .action(connect)
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

async function connect(given: string, options: Options): Promise<void> {
  const url = socketUrl(given)
  const headers = headersOf(options.header)
  const wait = options.wait === undefined ? undefined : parseDuration(options.wait)
  if (options.wait !== undefined && wait === undefined) {
    throw new Failure(2, `Expected a duration such as "2s", got "${options.wait}"`)
  }
  const socket = new WebSocket(url, { headers })
  socket.binaryType = 'nodebuffer'
  let opened = false
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
  socket.addEventListener('message', ({ data }) => {
    console.log(typeof data === 'string' ? data : `(binary) ${(data as Buffer).toString('hex')}`)
    if (data === ping) socket.send(pong)
  })
  // What an error says comes with the close.
  socket.addEventListener('error', () => {})
  socket.addEventListener('open', () => {
    opened = true
    console.error('Connected')
    void sendLines(socket, wait)
  })
  process.once('SIGINT', () => socket.close(1000))
  const { code, reason } = await closed
  if (!opened) throw await refused(url, headers)
  console.error(`Closed ${code}${reason === '' ? '' : ` ${reason}`}`)
  process.exit(code === 1000 ? 0 : 1)
}

function socketUrl(given: string): URL {
  const url = URL.canParse(given) ? new URL(given.replace(/^http/, 'ws')) : null
  if (url !== null && /^wss?:$/.test(url.protocol)) return url
  throw new Failure(2, `Expected an address such as "ws://127.0.0.1:8080/ws", got "${given}"`)
}

function headersOf(lines: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line) ?? []
      if (name === undefined)
        throw new Failure(2, `Expected a header such as "Name: value", got "${line}"`)
      return [name, value ?? '']
    }),
  )
}

async function sendLines(socket: WebSocket, wait: number | undefined): Promise<void> {
  for await (const line of console) if (line !== '') socket.send(line)
  if (wait !== undefined) systemClock().after(wait, () => socket.close(1000))
}

/** A socket never says why it was refused; the same handshake as a plain request does. */
async function refused(url: URL, headers: Record<string, string>): Promise<Failure> {
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': btoa('fanfare connect!'),
  }
  const plain = new URL(url.href.replace(/^ws/, 'http'))
  const answer = await reach(plain, { headers: { ...headers, ...handshake } })
  return new Failure(1, `Refused: ${refusalLine(answer.status, await answer.text())}`)
}
