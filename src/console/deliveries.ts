import type { Message } from '../core/store.ts'
import { findKind, noChannel } from '../http/kinds.ts'
import type { Deliveries, Step, StepName } from '../pages/console/api.ts'
import type { ConsoleParts } from './parts.ts'

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
  const sent = seen === null ? sending(of, subscribed, heard, later) : step('sent', 'yes', seen)
  const published = `Recorded as version ${message.version} of "${message.channel}"`
  return [step('published', 'yes', published), connected, subscribed, sent, acknowledged]
}

function connection(
  { partings }: Parts,
  { message, user }: Case,
  there: readonly Stay[],
  later: readonly Stay[],
): Step {
  if (there.length > 0) {
    const ids = there.map(({ id }) => id).join(', ')
    return step('connected', 'yes', `"${user}" was connected then: ${ids}`)
  }
  if (message.at < partings.since()) {
    const why = 'Connections that closed are not known as far back'
    return step('connected', 'unknown', why)
  }
  const after = later.length === 0 ? 'and not since' : `but ${counted(later.length)} came later`
  return step('connected', 'no', `"${user}" was not connected to this node then, ${after}`)
}

/** Who owns a channel listens to it from its first moment; of others it is only known where they are now, or were at their end. */
function subscription(
  { systems }: Parts,
  { message, user, system }: Case,
  { answer }: Step,
  heard: readonly Stay[],
): Step {
  const { channel } = message
  if (answer !== 'yes') return step('subscribed', answer, 'No connection is known to ask of')
  const owns = ownChannels(systems, system, user).includes(channel)
  if (heard.length === 0) {
    const why = owns
      ? `None of these connections listens to "${channel}", or did when it closed`
      : `None of these connections listens to "${channel}" now, or did when it closed; whether one did then is not kept`
    return step('subscribed', owns ? 'no' : 'unknown', why)
  }
  const first = `${counted(heard.length)} of "${user}" listens to "${channel}" or did to its end`
  if (owns) return step('subscribed', 'yes', `${first}: each does from its opening on`)
  return step('subscribed', 'unknown', `${first}; since when is not kept`)
}

function sending(
  { system }: Case,
  subscribed: Step,
  heard: readonly Stay[],
  later: readonly Stay[],
): Step {
  const open = heard.some(({ closedAt }) => closedAt === null)
  if (subscribed.answer === 'yes' && open) {
    const why = 'Told live to a connection that is still open: one that does not read is closed'
    return step('sent', 'yes', why)
  }
  if (heard.length > 0) {
    const why = open
      ? 'Told live if it listened by then'
      : 'Told live if it listened by then; whether all of it arrived before it closed is not kept'
    return step('sent', 'unknown', why)
  }
  if (later.length > 0) {
    const why = `Not told live as far as is known; ${counted(later.length)} came later, and what "${system}" told it of the past is not kept`
    return step('sent', 'unknown', why)
  }
  if (subscribed.answer === 'unknown') {
    return step('sent', 'unknown', 'No connection is known that could have been told')
  }
  return step('sent', 'no', 'Nobody was there to be told, and nobody came since')
}

/** Whether it was acknowledged, and what that tells of its having been sent; null: nothing. */
async function acknowledgement(
  { inbox, store, clock }: Parts,
  { message, user, system }: Case,
): Promise<{ readonly acknowledged: Step; readonly seen: string | null }> {
  const told = (answer: Step['answer'], why: string, seen: string | null = null) => ({
    acknowledged: step('acknowledged', answer, why),
    seen,
  })
  if (inbox?.system !== system) return told('unknown', `Clients of "${system}" acknowledge nothing`)
  if (message.channel !== `${system}/user:${user}`) {
    return told('no', `It was not put into the inbox of "${user}"`)
  }
  const waiting = await inbox.pending(user, message.id)
  if (waiting !== null) {
    const { attempts } = waiting
    const again = attempts === 1 ? 'told again once' : `told again ${attempts} times`
    if (attempts === 0) return told('no', 'It waits for its acknowledgement, not told again yet')
    return told(
      'no',
      `It waits for its acknowledgement, ${again}`,
      `It was ${again} while "${user}" was connected`,
    )
  }
  const newest = message.version! + inbox.keptNewest - 1
  const { messages } = await store.since(message.channel, newest, 1)
  if (messages.length > 0 || message.at < clock.now() - inbox.keptMs) {
    return told('unknown', 'It does not wait any more: acknowledged, or dropped as too old')
  }
  const why = `It does not wait any more: acknowledged, unless "${user}" lost the role it was for`
  return told('yes', why, 'Who acknowledges it has got it')
}

function unpublished(question: Question): readonly Step[] {
  const what =
    'id' in question
      ? `No message "${question.id}" is kept in this system`
      : `No version ${question.version} of "${question.channel}" is kept`
  const rest: readonly StepName[] = ['connected', 'subscribed', 'sent', 'acknowledged']
  return [
    step('published', 'no', `${what}: never recorded, or older than what is kept`),
    ...rest.map((name) => step(name, 'unknown', 'Without the message there is nothing to tell')),
  ]
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

function step(name: StepName, answer: Step['answer'], why: string): Step {
  return { step: name, answer, why }
}

function counted(count: number): string {
  return count === 1 ? 'one connection' : `${count} connections`
}

function systemOf(channel: string): string {
  return channel.slice(0, Math.max(0, channel.indexOf('/')))
}
