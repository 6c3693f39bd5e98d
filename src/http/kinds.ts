import { Refusal } from '../core/errors.ts'
import type { ChannelKind, System } from '../system.ts'

const channelName = /^([a-z]+)\/(([a-z]+)(?::[A-Za-z0-9_:.-]{1,128})?)$/

/** What a full name (`jive/family:f1`) stands for; null when no system has such channels. Whether this one exists is another question. */
export function findKind(
  systems: readonly System<any>[],
  channel: string,
): { readonly system: string; readonly name: string; readonly kind: ChannelKind } | null {
  const [, systemName, name = '', kindName = ''] = channelName.exec(channel) ?? []
  const system = systems.find((one) => one.name === systemName)
  if (system === undefined || !Object.hasOwn(system.channels, kindName)) return null
  const kind = system.channels[kindName]
  return kind === undefined ? null : { system: system.name, name, kind }
}

/** The refusal of a channel nobody has: an unknown system, kind or name look alike. */
export function noChannel(channel: string, path: string): Refusal {
  return new Refusal('NOT_FOUND', `No channel "${channel.slice(0, 160)}"`, [
    { path, message: 'No such channel' },
  ])
}
