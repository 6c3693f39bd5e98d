import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import type { Channels } from '../../core/hub.ts'
import type { Audience } from './audience.ts'
import { frame } from './codec.ts'
import {
  balanceUpdate,
  eventTypes,
  multiplierUpdate,
  myResult,
  phaseChange,
  playerUpdate,
  roundEnd,
  statsUpdate,
  type EventType,
} from './events.ts'
import type { Line } from './latency.ts'
import type { Session } from './session.ts'
import type { Writing } from './writing.ts'

/** What telling works with. */
export interface BroadcastParts {
  readonly channels: Pick<Channels, 'publish' | 'subscribe' | 'follow' | 'unsubscribe'>
  readonly clock: Clock
  readonly writing: Writing
  readonly currency: string
  /** Where everything leaves through. */
  readonly line: Line
}

/** Tells what happens, each frame written once for everybody, and knows who hears what. */
export interface Broadcast extends Audience {
  /** Types of events from now on; twice does nothing. */
  hear(connection: Connection<Session>, types: readonly EventType[]): void
  /** Not those any more. */
  ignore(connection: Connection<Session>, types: readonly EventType[]): void
  /** Which ones it hears now. */
  heard(connection: Connection<Session>): readonly EventType[]
  /** What only this player hears: its balance and its results. */
  hearOwn(connection: Connection<Session>, playerId: string): void
}

/** A broadcast that nobody hears yet. */
export function createBroadcast(parts: BroadcastParts): Broadcast {
  const { channels, clock, writing, currency, line } = parts
  // From the wall clock on, so that ids of two runs do not meet (R6).
  let serial = clock.now()

  function tell(channel: string, type: string, payload: string): void {
    const text = frame(`evt-${serial++}`, type, payload)
    line(() => channels.publish(channel, type, text))
  }
  const tellAll = (type: EventType, payload: string) => tell(channelOf(type), type, payload)
  const tellOne = (playerId: string, type: string, payload: string) =>
    tell(ownChannelOf(playerId), type, payload)

  return {
    phase: (change) => tellAll('CRASH_PHASE_CHANGE', phaseChange(change, clock.now())),
    tick: (multiplier, elapsed) =>
      tellAll('CRASH_MULTIPLIER_UPDATE', multiplierUpdate(multiplier, elapsed, clock.now())),
    players(changes, totals) {
      const now = clock.now()
      for (const change of changes) {
        tellAll('CRASH_PLAYER_UPDATE', playerUpdate(change, totals, now, writing))
      }
    },
    ended: (result) => tellAll('CRASH_ROUND_END', roundEnd(result, clock.now(), writing)),
    stats: (stats) => tellAll('CRASH_STATS', statsUpdate(stats, clock.now(), writing)),
    balance: (playerId, change) =>
      tellOne(
        playerId,
        'BALANCE_UPDATE',
        balanceUpdate(playerId, change, clock.now(), writing, currency),
      ),
    own: (playerId, result) =>
      tellOne(playerId, 'CRASH_MY_RESULT', myResult(result, clock.now(), writing)),
    hear(connection, types) {
      for (const type of types) {
        // Of multipliers nothing old may wait for a slow reader; every other event counts.
        if (type === 'CRASH_MULTIPLIER_UPDATE') channels.follow(connection, channelOf(type))
        else channels.subscribe(connection, channelOf(type))
      }
    },
    ignore(connection, types) {
      for (const type of types) channels.unsubscribe(connection, channelOf(type))
    },
    heard: ({ channels: names }) =>
      eventTypes.filter((type) => names.includes(`crash/${channelOf(type)}`)),
    hearOwn: (connection, playerId) => channels.subscribe(connection, ownChannelOf(playerId)),
  }
}

function channelOf(type: EventType): string {
  return `events:${type}`
}

function ownChannelOf(playerId: string): string {
  return `player:${playerId}`
}
