import type * as v from 'valibot'
import { Refusal } from '../core/errors.ts'
import type { LogLevel } from '../core/log.ts'
import type { LiveConnection } from '../core/connection.ts'
import type { ConnectionDetail, Deliveries, Kind, Kinds } from '../pages/console/api.ts'
import { createCrashDesk, type CrashDesk } from './crash.ts'
import { deliveryOf } from './deliveries.ts'
import { detailOf, followConnection, followUser } from './frames.ts'
import { capped, followMessages, type Tell } from './live.ts'
import { followLog } from './logs.ts'
import { createOverviews } from './overview.ts'
import type { ConsoleParts } from './parts.ts'
import type { DeliveriesQuery, LiveQuery } from './routes.ts'
import { createStreams } from './streams.ts'

/** Whether the reader of a stream still may: rejects when not. */
type May = () => Promise<unknown>

/** What the console answers with; a `Response` is a stream. */
export interface Desk {
  overview(may: May): Response
  /** Refuses NOT_FOUND. */
  connection(id: string): ConnectionDetail
  frames(id: string, may: May): Response
  kinds(): Promise<Kinds>
  live(of: v.InferOutput<typeof LiveQuery>, may: May): Response
  delivery(of: v.InferOutput<typeof DeliveriesQuery>): Promise<Deliveries>
  readonly crash: CrashDesk
  logs(level: LogLevel, may: May): Response
  /** Ends all streams, and the audit that runs. */
  end(): void
}

/** A desk at which nobody asks yet. */
export function createDesk(parts: ConsoleParts): Desk {
  const { registry, clock, hub, log, systems } = parts
  const streams = createStreams(clock)
  const overviews = createOverviews(parts, streams)
  const crash = createCrashDesk(parts)

  function find(id: string): LiveConnection {
    const connection = registry.find(id)
    if (connection === undefined) throw new Refusal('NOT_FOUND', 'No such connection')
    return connection
  }
  function known(system: string): void {
    if (systems.some(({ name }) => name === system)) return
    throw new Refusal('NOT_FOUND', `No system "${system}"`)
  }
  function follow(of: v.InferOutput<typeof LiveQuery>, tell: Tell) {
    const { channel, system = '', user } = of
    if (channel !== undefined) return followMessages({ channel }, hub, tell)
    if (user === undefined) return followMessages({ system }, hub, tell)
    return followUser({ system, user }, registry, clock, (frame) => tell('frame', frame))
  }

  return {
    crash,
    overview: (may) => streams.open(may, overviews.join),
    connection: (id) => detailOf(find(id), clock.elapsed()),
    frames(id, may) {
      const connection = find(id)
      return streams.open(may, (send, end) => {
        const limited = capped(send, clock)
        const stop = followConnection(connection, clock, (frame) => limited.tell('frame', frame))
        const stopLook = clock.every(500, () => {
          if (connection.socket !== null) return
          send('closed', {})
          end()
        })
        return () => [stop, stopLook, limited.stop].forEach((one) => one())
      })
    },
    async kinds() {
      const schemas = await parts.schemas()
      const kinds = systems.flatMap(({ name: system, channels }) =>
        Object.entries(channels).map(([kind, { publish, externalUser, events }]): Kind => {
          const types = publish ? Object.keys(events) : []
          const shapes = types.map((type) => [type, schemas[system]?.[type] ?? {}])
          const told = { publish, externalUser: externalUser === true }
          return { system, kind, ...told, events: Object.fromEntries(shapes) }
        }),
      )
      return { kinds }
    },
    live(of, may) {
      known(of.system ?? of.channel!.slice(0, of.channel!.indexOf('/')))
      return streams.open(may, (send) => {
        const limited = capped(send, clock)
        const stop = follow(of, limited.tell)
        return () => [stop, limited.stop].forEach((one) => one())
      })
    },
    delivery({ user, channel, version, system, id }) {
      const asked =
        channel !== undefined
          ? { user, channel, version: version! }
          : { user, system: system!, id: id! }
      return deliveryOf(parts, asked)
    },
    logs: (level, may) => streams.open(may, (send) => followLog(log, level, send)),
    end() {
      streams.end()
      crash.end()
    },
  }
}
