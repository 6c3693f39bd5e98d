import type { Message } from '../core/store.ts'
import { findKind, noChannel } from '../http/kinds.ts'
import type { Deliveries, Step, StepName } from '../pages/console/api.ts'
import type { ConsoleParts } from './parts.ts'
import { step } from './reasons.ts'

/** Whose delivery is asked for, and of what: a place in a channel (full name), or a message by its id. */
export type Question =
  | { readonly user: string; readonly channel: string; readonly version: number }
  | { readonly user: string; readonly system: string; readonly id: string }

/** A connection of the user, open or closed, that was there at some time. */
interface Stay {
  readonly id: string
  readonly openedAt: number
  /** Null while it is open. */
  readonly closedAt: number | null
  /** Full names: those it listens to now, or the first ones at its end. */
  readonly channels: readonly string[]
}

type Parts = Pick<ConsoleParts, 'systems' | 'store' | 'registry' | 'partings' | 'inbox' | 'clock'>

/** Why a user got a message or did not, step by step; what nothing is kept of is `unknown`. */
export async function deliveryOf(parts: Parts, question: Question): Promise<Deliveries> {
  const { user } = question
  const system = 'system' in question ? question.system : systemOf(question.channel)
  if (!parts.systems.some(({ name }) => name === system)) throw noChannel(`${system}/`, 'system')
  const message = await findMessage(parts, question, system)
  const stays = staysOf(parts, system, user)
  const knownSince = parts.partings.since()
  const steps =
    message === null
      ? unpublished(question)
      : await stepsOf(parts, { message, user, system, stays })
  return { user, system, message: message && placeOf(message), knownSince, steps }
}

/** The user's own copy of it where it has one. */
async function findMessage(
  { systems, store }: Parts,
  question: Question,
  system: string,
): Promise<Message | null> {
  const { user } = question
  const own = ownChannels(systems, system, user)
  if ('id' in question) {
    const found = await store.find(question.id, own)
    return found !== null && systemOf(found.channel) === system ? found : null
  }
  const { channel, version } = question
  if (findKind(systems, channel) === null) throw noChannel(channel, 'channel')
  const [found] = (await store.since(channel, version - 1, 1)).messages
  if (found?.version !== version) return null
  return store.find(found.id, [...own, channel])
}

function ownChannels(systems: Parts['systems'], system: string, user: string): readonly string[] {
  const { channels } = systems.find(({ name }) => name === system)!
  const owned = Object.entries(channels).filter(([, kind]) => kind.owned === true)
  return owned.map(([kind]) => `${system}/${kind}:${user}`)
}

interface Case {
  readonly message: Message
  readonly user: string
  readonly system: string
  readonly stays: readonly Stay[]
}

async function stepsOf(parts: Parts, of: Case): Promise<readonly Step[]> {
  const { message, stays } = of
  const there = stays.filter(
    ({ openedAt, closedAt }) => openedAt <= message.at && (closedAt ?? Infinity) > message.at,
  )
  const heard = there.filter(({ channels }) => channels.includes(message.channel))
  const later = stays.filter(({ openedAt }) => openedAt > message.at)
  const connected = connection(parts, of, there, later)
  const subscribed = subscription(parts, of, connected, heard)
  const { acknowledged, seen } = await acknowledgement(parts, of)
  const sent = seen ?? sending(of, subscribed, heard, later)
  const { version, channel } = message
  const published = step('published', 'yes', 'recorded', { version: version!, channel })
  return [published, connected, subscribed, sent, acknowledged]
}

function connection(
  { partings }: Parts,
  { message, user }: Case,
  there: readonly Stay[],
  later: readonly Stay[],
): Step {
  if (there.length > 0) {
    const connections = there.map(({ id }) => id)
    return step('connected', 'yes', 'connected', { user, connections })
  }
  if (message.at < partings.since()) return step('connected', 'unknown', 'closed_not_known', {})
  return step('connected', 'no', 'not_connected', { user, later: later.length })
}

/** Who owns a channel listens to it from its first moment; of others it is only known where they are now, or were at their end. */
function subscription(
  { systems }: Parts,
  { message, user, system }: Case,
  { answer }: Step,
  heard: readonly Stay[],
): Step {
  const { channel } = message
  if (answer !== 'yes') return step('subscribed', answer, 'nobody_to_ask', {})
  const owns = ownChannels(systems, system, user).includes(channel)
  if (heard.length === 0) {
    return owns
      ? step('subscribed', 'no', 'not_listening', { channel })
      : step('subscribed', 'unknown', 'not_listening_now', { channel })
  }
  const about = { user, channel, listening: heard.length }
  return owns
    ? step('subscribed', 'yes', 'always_listening', about)
    : step('subscribed', 'unknown', 'listening_now', about)
}

function sending(
  { system }: Case,
  subscribed: Step,
  heard: readonly Stay[],
  later: readonly Stay[],
): Step {
  const open = heard.some(({ closedAt }) => closedAt === null)
  if (subscribed.answer === 'yes' && open) return step('sent', 'yes', 'told_live', {})
  if (heard.length > 0) {
    return step('sent', 'unknown', open ? 'told_if_listening' : 'told_if_arrived', {})
  }
  if (later.length > 0) {
    return step('sent', 'unknown', 'past_not_kept', { system, later: later.length })
  }
  if (subscribed.answer === 'unknown') return step('sent', 'unknown', 'nobody_known', {})
  return step('sent', 'no', 'nobody_there', {})
}

/** Whether it was acknowledged, and what that tells of its having been sent; null: nothing. */
async function acknowledgement(
  { inbox, store, clock }: Parts,
  { message, user, system }: Case,
): Promise<{ readonly acknowledged: Step; readonly seen: Step | null }> {
  const told = (acknowledged: Step, seen: Step | null = null) => ({ acknowledged, seen })
  if (inbox?.system !== system) {
    return told(step('acknowledged', 'unknown', 'no_acknowledgements', { system }))
  }
  if (message.channel !== `${system}/user:${user}`) {
    return told(step('acknowledged', 'no', 'not_in_inbox', { user }))
  }
  const waiting = await inbox.pending(user, message.id)
  if (waiting !== null) {
    const { attempts: times } = waiting
    if (times === 0) return told(step('acknowledged', 'no', 'not_told_again_yet', {}))
    return told(
      step('acknowledged', 'no', 'waits', { times }),
      step('sent', 'yes', 'told_again', { user, times }),
    )
  }
  const newest = message.version! + inbox.keptNewest - 1
  const { messages } = await store.since(message.channel, newest, 1)
  if (messages.length > 0 || message.at < clock.now() - inbox.keptMs) {
    return told(step('acknowledged', 'unknown', 'acknowledged_or_dropped', {}))
  }
  return told(
    step('acknowledged', 'yes', 'acknowledged', { user }),
    step('sent', 'yes', 'got_by_acknowledging', {}),
  )
}

function unpublished(question: Question): readonly Step[] {
  const first =
    'id' in question
      ? step('published', 'no', 'id_not_kept', { id: question.id })
      : step('published', 'no', 'version_not_kept', {
          version: question.version,
          channel: question.channel,
        })
  const rest: readonly StepName[] = ['connected', 'subscribed', 'sent', 'acknowledged']
  return [first, ...rest.map((name) => step(name, 'unknown', 'no_message', {}))]
}

function staysOf({ registry, partings }: Parts, system: string, user: string): readonly Stay[] {
  const stays: Stay[] = []
  for (const parting of partings) {
    if (parting.system === system && parting.user === user) stays.push(parting)
  }
  for (const { id, protocol, user: who, openedAt, channels } of registry) {
    if (protocol.name !== system || who !== user) continue
    stays.push({ id, openedAt, closedAt: null, channels })
  }
  return stays
}

function placeOf({ id, channel, version, type, at }: Message) {
  return { id, channel, version: version!, type, at }
}

function systemOf(channel: string): string {
  return channel.slice(0, Math.max(0, channel.indexOf('/')))
}
