import type { ChannelKind } from '../../system.ts'
import { events } from './events.ts'
import { idPattern, type Partners } from './partners.ts'

const prefix = 'partner:'

/** The stream of a partner: one version counter for ever, whatever channel points at it. */
export function stream(partner: string): string {
  return prefix + partner
}

/** Where the connections of one listen channel can be reached; its name gives nothing of the channel's id away. */
export function presence(hash: string): string {
  return `listen:${hash.slice(0, 32)}`
}

/** Backends tell partners that exist something about one of their users (D2, D10); nobody publishes to a listen channel. */
export function channelKinds(partners: Partners): Readonly<Record<string, ChannelKind>> {
  return {
    partner: {
      events,
      publish: true,
      owned: true,
      externalUser: true,
      exists(name) {
        const id = name.slice(prefix.length)
        return idPattern.test(id) && partners.known(id)
      },
    },
  }
}
