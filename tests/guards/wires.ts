import { frame, handshakeOf, op } from '../hostile/raw.ts'
import { channelFrom, partnerOf } from './bystanders.ts'
import { symbol, type House } from './house.ts'
import { plain, type Plain } from './socket.ts'

/** One way in, and how what is said there looks. */
export interface Wire {
  readonly system: 'dcs' | 'jive' | 'locallife' | 'pledge' | 'crash'
  /** The address and who comes there. */
  readonly at: string
  /** Where somebody new comes in; with `claims` of its own where it has a token. */
  enter(house: House, claims?: Record<string, unknown>): Promise<Address>
  /** Bytes of its largest frame. */
  readonly maxFrame: number
  /** It cannot be told that a frame is a bad one: whatever makes no sense is ignored. */
  readonly lenient: boolean
  /** A command that harms nobody, and its answer; null: it has none. */
  readonly harmless: string
  readonly answer: RegExp | null
  /** A frame of so many bytes that harms nobody either: answered as the harmless command where frames like that are looked at. */
  padded(size: number): string
  /** What comes without being asked for. */
  readonly unasked: RegExp
  /** How it is told that a frame is none, and that nobody knows a command; null: it is not told. */
  readonly bad: string | null
  readonly unknown: string | null
  /** A frame that asks for a command of this name. */
  named(name: string): string
  /** The code of a refusal in the envelope of this wire; null for any other frame. */
  codeOf(frame: string): string | null
}

const megabyte = 1_048_576
const never = /^(?!)/

function parsed(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** `head`, filling, `tail`: so many bytes in all. */
const filled = (head: string, tail: string) => (size: number) =>
  head + 'x'.repeat(size - head.length - tail.length) + tail

/** The code where exactly these keys stand. */
function codeIn(envelope: unknown, keys: string): string | null {
  if (typeof envelope !== 'object' || envelope === null) return null
  const { code } = envelope as { code?: unknown }
  return Object.keys(envelope).join() === keys && typeof code === 'string' ? code : null
}

const dcsWire = {
  system: 'dcs',
  maxFrame: megabyte,
  lenient: false,
  harmless: 'hello',
  padded: filled('', ''),
  answer: null,
  unasked: never,
  bad: null,
  unknown: null,
  named: (name: string) => JSON.stringify({ type: name }),
  codeOf: () => null,
} as const

const jiveWire = {
  system: 'jive',
  maxFrame: megabyte,
  lenient: false,
  harmless: '{"command":"Ping"}',
  padded: filled('{"command":"Ping","data":"', '"}'),
  answer: /^\{"type":"Pong"\}$/,
  unasked: /^\{"type":"(Connected"|Ping"\})/,
  bad: 'BAD_FRAME',
  unknown: 'UNKNOWN_COMMAND',
  named: (name: string) => JSON.stringify({ command: name }),
  codeOf(text: string) {
    const { type, data, ...more } = parsed(text) ?? {}
    return type === 'Error' && Object.keys(more).length === 0 ? codeIn(data, 'code,message') : null
  },
} as const

const locallifeWire = {
  system: 'locallife',
  maxFrame: megabyte / 2,
  lenient: false,
  harmless: '{"type":"ping"}',
  padded: filled('{"type":"ping","data":"', '"}'),
  answer: /^\{"type":"pong","data":\{\},"timestamp":"[\dT:-]{19}Z"\}$/,
  unasked: never,
  bad: 'BAD_FRAME',
  unknown: 'UNKNOWN_COMMAND',
  named: (name: string) => JSON.stringify({ type: name }),
  codeOf(text: string) {
    const { type, data, timestamp, ...more } = parsed(text) ?? {}
    if (type !== 'error' || typeof timestamp !== 'string') return null
    return Object.keys(more).length === 0 ? codeIn(data, 'code,message') : null
  },
} as const

const pledgeWire = {
  system: 'pledge',
  maxFrame: megabyte,
  lenient: true,
  harmless: 'ping',
  padded: filled('ping', ''),
  answer: /^\{"code":1,"data":"pong"\}$/,
  unasked: /^\{"code":0,|^ping:$/,
  bad: null,
  unknown: null,
  named: (name: string) => name,
  codeOf: () => null,
} as const

const crashWire = {
  system: 'crash',
  maxFrame: megabyte,
  lenient: false,
  harmless: '{"i":"still","t":"PING","p":{}}',
  padded: filled('{"i":"still","t":"PING","p":{"x":"', '"}}'),
  answer: /^\{"i":"still","t":"PONG","p":\{"timestamp":\d+\}\}$/,
  // Whoever follows the multiplier is pinged now and then.
  unasked: /^\{"i":"(evt-\d+|state-init|auth-init)"|^ping:$/,
  bad: 'INVALID_REQUEST',
  unknown: 'INVALID_REQUEST',
  named: (name: string) => JSON.stringify({ i: 'named', t: name, p: {} }),
  codeOf(text: string) {
    const { i, t, p, ...more } = parsed(text) ?? {}
    if (t !== 'ERROR' || typeof i !== 'string' || Object.keys(more).length > 0) return null
    return typeof p.details?.httpStatus === 'number'
      ? codeIn(p, 'code,message,details,timestamp')
      : null
  },
} as const

const partners = new WeakMap<House, Promise<string>>()

/** All of them share the channel of one partner: fetching another would end it. */
function strangersChannel(house: House): Promise<string> {
  const made = () => partnerOf(house, 'stranger').then((keys) => channelFrom(house, keys))
  const known = partners.get(house) ?? made()
  partners.set(house, known)
  return known
}

async function member(house: House, claims: Record<string, unknown> = {}): Promise<string> {
  return house.token('jive', house.fresh('member'), { families: ['strangers'], ...claims })
}

async function operator(house: House, claims: Record<string, unknown> = {}): Promise<string> {
  const user = house.fresh('operator')
  await house.call('PUT', `/api/locallife/operators/${user}`, { role: 'admin' })
  return house.token('locallife', user, claims)
}

async function merchant(house: House, claims: Record<string, unknown> = {}): Promise<string> {
  const user = house.fresh('merchant')
  const body = { name: user, status: 'onboarded', administrators: [user] }
  await house.call('PUT', `/api/locallife/merchants/${user}`, body)
  return house.token('locallife', user, claims)
}

async function player(house: House, claims: Record<string, unknown> = {}): Promise<string> {
  return house.token('crash', house.fresh('player'), claims)
}

/** Every way in: each address of each system, on each kind of listener it has one of its own on. */
export const wires: readonly Wire[] = [
  {
    ...dcsWire,
    at: '/ws/CHANNEL',
    enter: async (house) => ({
      url: house.url(),
      path: `/ws/${await strangersChannel(house)}`,
    }),
  },
  {
    ...jiveWire,
    at: '/jive/ws',
    enter: async (house, claims) => ({
      url: house.url(),
      path: `/jive/ws?token=${await member(house, claims)}`,
    }),
  },
  {
    ...jiveWire,
    at: '/ws where jive is alone, with ids',
    enter: async (house, claims) => ({
      url: house.url('jive'),
      path: `/ws?after=&token=${await member(house, claims)}`,
    }),
  },
  {
    ...locallifeWire,
    at: '/v1/ws as a merchant',
    enter: async (house, claims) => ({
      url: house.url(),
      path: `/v1/ws?token=${await merchant(house, claims)}`,
    }),
  },
  {
    ...locallifeWire,
    at: '/v1/platform/ws',
    enter: async (house, claims) => ({
      url: house.url(),
      path: `/v1/platform/ws?token=${await operator(house, claims)}`,
    }),
  },
  {
    ...pledgeWire,
    at: '/api/v21/price',
    enter: async (house) => ({ url: house.url(), path: '/api/v21/price' }),
  },
  {
    ...pledgeWire,
    at: '/pledge/ws/SYMBOL',
    enter: async (house) => ({ url: house.url(), path: `/pledge/ws/${symbol}` }),
  },
  {
    ...crashWire,
    at: '/crash/ws as a player',
    enter: async (house, claims) => ({
      url: house.url(),
      path: `/crash/ws?token=${await player(house, claims)}`,
    }),
  },
  {
    ...crashWire,
    at: '/ws where crash is alone, as a spectator',
    enter: async (house) => ({ url: house.url('crash'), path: '/ws' }),
  },
]

/** One way in to each system. */
export const oneEach: readonly Wire[] = wires.filter(
  ({ system }, index) => wires.findIndex((one) => one.system === system) === index,
)

/** For the tables of tests. */
export const titled = (some: readonly Wire[]) =>
  some.map((wire): [string, Wire] => [`${wire.system} at ${wire.at}`, wire])

/** Somebody who came in on a wire, and what it hears of what it sent. */
export interface Guest {
  readonly socket: Plain
  /** What came that was asked for, `close:CODE` among it. */
  heard(): readonly string[]
  /** Sends a harmless command and a ping, and waits until both are answered or the connection has ended; what came before is returned as codes of refusals, `close:CODE`, or as it is. Of `harmless` commands that were sent before, the answers are waited for, too. */
  outcome(harmless?: number): Promise<readonly string[]>
}

/** Comes in as somebody new and waits until the server has let it in. */
export async function comeIn(
  house: House,
  wire: Wire,
  claims?: Record<string, unknown>,
): Promise<Guest> {
  return comeTo(wire, await wire.enter(house, claims))
}

/** Comes in at an address. */
export async function comeTo(wire: Wire, { url, path }: Address): Promise<Guest> {
  const socket = await plain(url, handshakeOf(path))
  await socket.until(() => socket.status > 0 || socket.gone, 'answer to the handshake')
  if (socket.status !== 101) throw new Error(`${wire.at}: ${socket.status}`)
  return guest(wire, socket)
}

/** A listener, and what is asked for there. */
export interface Address {
  readonly url: string
  readonly path: string
}

/** What a guest hears on a socket that is open. */
export function guest(wire: Wire, socket: Plain): Guest {
  const { answer, unasked } = wire
  const heard = () => socket.frames.filter((one) => !unasked.test(one))
  const isOver = (one: string) => one === 'pong:over'
  const isEnd = (one: string) => one.startsWith('close:')
  return {
    socket,
    heard,
    async outcome(harmless = 0) {
      if (!socket.gone) {
        socket.send(frame(op.text, wire.harmless), frame(op.ping, 'over'))
      }
      await socket.until(() => {
        if (socket.gone || socket.frames.some(isEnd)) return true
        const all = heard()
        if (!all.some(isOver)) return false
        return answer === null || all.filter((one) => answer.test(one)).length > harmless
      }, 'answer to a harmless command')
      const rest = heard().filter((one) => !isOver(one) && !(answer?.test(one) ?? false))
      const told = rest.map((one) => wire.codeOf(one) ?? one)
      if (told.some(isEnd)) return told.slice(0, told.findIndex(isEnd) + 1)
      return socket.gone ? [...told, 'gone'] : told
    },
  }
}

/** Sends bytes as somebody new, and what came of it. */
export async function tried(
  house: House,
  wire: Wire,
  bytes: readonly Uint8Array[],
): Promise<readonly string[]> {
  const one = await comeIn(house, wire)
  one.socket.send(...bytes)
  const outcome = await one.outcome()
  one.socket.reset()
  return outcome
}

/** Tries many things, twenty at a time, and gives the outcome of each by its name. */
export async function tryAll<Case extends { readonly what: string }>(
  cases: readonly Case[],
  attempt: (one: Case) => Promise<readonly string[]>,
): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {}
  for (let at = 0; at < cases.length; at += 20) {
    await Promise.all(
      cases.slice(at, at + 20).map(async (one) => {
        if (one.what in outcomes) throw new Error(`There are two "${one.what}"`)
        outcomes[one.what] = ''
        outcomes[one.what] = (await attempt(one)).join(' ')
      }),
    )
  }
  return outcomes
}
