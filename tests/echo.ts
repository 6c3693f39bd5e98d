import * as v from 'valibot'
import { Refusal } from '../src/core/errors.ts'
import { command, type Codec, type Command, type Heartbeat } from '../src/core/protocol.ts'
import type { AnySystem } from '../src/server.ts'
import type { Host } from '../src/system.ts'
import type { Plug } from '../src/systems.ts'

/** A session of the test system; `fail` makes opening go wrong. */
interface Session {
  readonly user: string
}

const codec: Codec = {
  decode(frame) {
    let parsed: unknown
    try {
      parsed = JSON.parse(frame)
    } catch {
      throw new Refusal('BAD_FRAME', 'Not JSON')
    }
    const { i = null, c, d } = parsed as { i?: string; c: string; d: unknown }
    return { id: i, name: String(c), data: d }
  },
  message: ({ id, type, body, version }, dialect) =>
    dialect === 'ids'
      ? `{"id":"${id}","t":"${type}","v":${version ?? null},"d":${body}}`
      : `{"t":"${type}","d":${body}}`,
  reply: ({ id }, data) => JSON.stringify({ i: id, r: data }),
  refusal: ({ code, details }, request) =>
    JSON.stringify({ i: request?.id ?? null, error: code, details }),
}

const Name = v.object({ name: v.string() })

function commands(host: Host): ReadonlyMap<string, Command<Session>> {
  const channels = host.hub.channels('echo')
  const gates = new Map<string, () => void>()
  return new Map<string, Command<Session>>([
    ['Echo', command(v.unknown(), {}, (_, data) => data ?? null)],
    [
      'Wait',
      command(Name, {}, async (_, { name }) => {
        await new Promise<void>((resolve) => gates.set(name, resolve))
        return name
      }),
    ],
    ['Free', command(Name, { rate: 'free' }, (_, { name }) => void gates.get(name)?.())],
    [
      'Boom',
      command(v.unknown(), {}, () => {
        throw new TypeError('a bug, on purpose')
      }),
    ],
    ['BoomLater', command(v.unknown(), {}, () => Promise.reject(new TypeError('a later bug')))],
    [
      'Subscribe',
      command(Name, {}, (connection, { name }) => {
        channels.subscribe(connection, name)
        return 'ok'
      }),
    ],
    [
      'Unsubscribe',
      command(Name, {}, (connection, { name }) => {
        channels.unsubscribe(connection, name)
        return 'ok'
      }),
    ],
    [
      'Identify',
      command(
        v.object({ user: v.string(), expiresAt: v.optional(v.number()) }),
        {},
        (connection, data) => {
          const { user, expiresAt } = data
          connection.identify({ user }, { user, ...(expiresAt !== undefined && { expiresAt }) })
          return 'ok'
        },
      ),
    ],
  ])
}

const names = ['user', 'deny', 'after', 'expires', 'sub']

/** A system made for tests of the core: `?user=`, `?sub=a,b`, `?after=ID` (joins `sub` from there), `?expires=`, `?slow`, `?deny`. */
export function echo(heartbeat: Heartbeat, seen: (host: Host) => void = () => {}): Plug {
  return (host) => {
    seen(host)
    const channels = host.hub.channels('echo')
    const fast = { perSecond: 1_000, burst: 2_000 }
    const system: AnySystem = {
      name: 'echo',
      paths: { shared: ['/echo/ws'], own: ['/ws'] },
      codec,
      heartbeat,
      rates: { other: { perSecond: 50, burst: 100 }, free: fast },
      commands: commands(host),
      channels: {
        room: {
          events: {
            Said: { schema: v.object({ n: v.number() }) },
            Text: { schema: v.string() },
          },
          publish: true,
        },
      },
      async authenticate({ query }) {
        const [user, deny, after, expires, sub = null] = names.map((name) => query(name)[0])
        if (deny === 'bug') throw new TypeError('a bug in authenticate')
        if (deny !== undefined) throw new Refusal('UNAUTHORIZED', 'No')
        return {
          session: { user: user ?? '', sub, after },
          ...(user !== undefined && { user }),
          ...(expires !== undefined && { expiresAt: Number(expires) }),
          dialect: after === undefined ? '' : 'ids',
        }
      },
      async opened(connection) {
        const { sub, after } = connection.session as { sub: string | null; after?: string }
        const names = sub?.split(',') ?? []
        if (names.includes('boom')) throw new TypeError('a bug in opened')
        if (after === undefined) for (const name of names) channels.subscribe(connection, name)
        else {
          await channels.join(connection, names, {
            first: (limit) => channels.after(names, after, limit),
            gone: () => connection.send('{"gone":true}'),
          })
        }
        connection.send('{"hello":true}')
      },
    }
    return [system]
  }
}

/** A heartbeat that never gets in the way. */
export const calm: Heartbeat = { timeout: 3_600_000, counts: 'any' }
