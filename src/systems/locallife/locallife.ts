import { Hono } from 'hono'
import type { Stop } from '../../core/clock.ts'
import type { Host, System } from '../../system.ts'
import { gatherAcknowledgements } from './acknowledgements.ts'
import { channelKinds } from './channels.ts'
import { codec, frame } from './codec.ts'
import { commands } from './commands.ts'
import { startDeadlines } from './deadlines.ts'
import type { LocallifeOptions, LocallifeParts } from './options.ts'
import { orderRoutes } from './order-routes.ts'
import { payRoutes } from './pay-routes.ts'
import { peopleRoutes } from './people-routes.ts'
import { createPresence } from './presence.ts'
import { startRedelivery } from './redelivery.ts'
import { authenticate, platformPath, type Session } from './session.ts'
import { loginRoutes } from './wechat-login.ts'

/** Largest frame of a client in bytes (L24). */
const maxFrame = 512 * 1024

/** Orders, riders and merchants: tells each user what it must know until it is acknowledged (L1–L25). */
export function locallife(host: Host, options: LocallifeOptions): System<Session> {
  const { hub, clock, verify, authorize, limiter, log, metrics } = host
  const { people, inbox, times, redeliverTimes, jsonPing } = options
  const { commandsPerSecond } = host.limits
  const rate = { perSecond: commandsPerSecond, burst: 2 * commandsPerSecond }
  const channels = hub.channels('locallife')
  const acknowledgements = gatherAcknowledgements({ inbox, clock, log })
  const presence = createPresence({
    ...{ channels, people, inbox, acknowledgements, clock, log, times, redeliverTimes },
  })
  const parts: LocallifeParts = {
    ...options,
    ...{ channels, rate, clock, verify, authorize, limiter, log, metrics },
  }
  let stops: readonly Stop[] = []
  return {
    name: 'locallife',
    paths: { shared: ['/v1/ws', platformPath], own: [] },
    codec,
    maxFrame,
    heartbeat: {
      timeout: times.timeout,
      counts: 'any',
      ping: {
        interval: times.pingInterval,
        send(connection) {
          connection.ping()
          if (jsonPing) connection.send(frame('ping', {}, clock.now()))
        },
      },
    },
    // Who comes back to 200 notices acknowledges them all at once.
    rates: {
      other: rate,
      ack: { perSecond: 4 * commandsPerSecond, burst: 20 * commandsPerSecond },
    },
    commands: commands({ acknowledgements, clock }),
    authenticate: (handshake) => authenticate(handshake, { verify, people }),
    opened: presence.opened,
    review: presence.review,
    channels: channelKinds(people),
    routes: routes({ ...parts, review: presence.reviewAll }),
    async start() {
      const { redeliverAfter, noticeTtl } = times
      stops = [
        startRedelivery({ ...parts, acknowledgements, redeliverAfter, redeliverTimes, noticeTtl }),
        startDeadlines(parts),
      ]
    },
    async stop() {
      for (const stop of stops) stop()
      await acknowledgements.flushed()
    },
  }
}

function routes(parts: LocallifeParts & { review: (users: readonly string[]) => Promise<void> }) {
  const app = new Hono()
  for (const one of [peopleRoutes, orderRoutes, loginRoutes, payRoutes]) app.route('/', one(parts))
  return app
}
