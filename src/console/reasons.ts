import type { Step, StepName } from '../pages/console/api.ts'
import type { Reasons } from '../pages/console/reports.ts'

/** By the name of a reason its sentence in English; who shows another language goes by name and values. */
export const sentences: {
  readonly [Name in keyof Reasons]: (about: Reasons[Name]) => string
} = {
  recorded: ({ version, channel }) => `Recorded as version ${version} of "${channel}"`,
  version_not_kept: ({ version, channel }) =>
    unkept(`No version ${version} of "${channel}" is kept`),
  id_not_kept: ({ id }) => unkept(`No message "${id}" is kept in this system`),
  connected: ({ user, connections }) => `"${user}" was connected then: ${connections.join(', ')}`,
  closed_not_known: () => 'Connections that closed are not known as far back',
  not_connected: ({ user, later }) =>
    `"${user}" was not connected to this node then, ${later === 0 ? 'and not since' : `but ${counted(later)} came later`}`,
  nobody_to_ask: () => 'No connection is known to ask of',
  not_listening: ({ channel }) =>
    `None of these connections listens to "${channel}", or did when it closed`,
  not_listening_now: ({ channel }) =>
    `None of these connections listens to "${channel}" now, or did when it closed; whether one did then is not kept`,
  always_listening: (about) => `${listening(about)}: each does from its opening on`,
  listening_now: (about) => `${listening(about)}; since when is not kept`,
  told_live: () => 'Told live to a connection that is still open: one that does not read is closed',
  told_if_listening: () => 'Told live if it listened by then',
  told_if_arrived: () =>
    'Told live if it listened by then; whether all of it arrived before it closed is not kept',
  past_not_kept: ({ system, later }) =>
    `Not told live as far as is known; ${counted(later)} came later, and what "${system}" told it of the past is not kept`,
  nobody_known: () => 'No connection is known that could have been told',
  nobody_there: () => 'Nobody was there to be told, and nobody came since',
  told_again: ({ user, times }) => `It was ${again(times)} while "${user}" was connected`,
  got_by_acknowledging: () => 'Who acknowledges it has got it',
  no_acknowledgements: ({ system }) => `Clients of "${system}" acknowledge nothing`,
  not_in_inbox: ({ user }) => `It was not put into the inbox of "${user}"`,
  not_told_again_yet: () => 'It waits for its acknowledgement, not told again yet',
  waits: ({ times }) => `It waits for its acknowledgement, ${again(times)}`,
  acknowledged_or_dropped: () => 'It does not wait any more: acknowledged, or dropped as too old',
  acknowledged: ({ user }) =>
    `It does not wait any more: acknowledged, unless "${user}" lost the role it was for`,
  no_message: () => 'Without the message there is nothing to tell',
}

/** A step with its reason. */
export function step<Name extends keyof Reasons>(
  name: StepName,
  answer: Step['answer'],
  reason: Name,
  about: Reasons[Name],
): Step {
  // The compiler does not see that name and values are of one reason.
  return { step: name, answer, reason, about, why: sentences[reason](about) } as Step
}

function unkept(what: string): string {
  return `${what}: never recorded, or older than what is kept`
}

function listening({ user, channel, listening }: Reasons['always_listening']): string {
  return `${counted(listening)} of "${user}" listens to "${channel}" or did to its end`
}

function again(times: number): string {
  return times === 1 ? 'told again once' : `told again ${times} times`
}

function counted(count: number): string {
  return count === 1 ? 'one connection' : `${count} connections`
}
