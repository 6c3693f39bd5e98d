import type { Person } from './audience.ts'

/** Which players have connections here, and how many each. */
export interface Online {
  enter(person: Person): void
  /** How many connections the player has left. */
  leave(person: Person): number
  /** Null for a player who has no connection. */
  accountOf(playerId: string): number | null
}

/** Nobody yet. */
export function createOnline(): Online {
  const players = new Map<string, { readonly account: number; sockets: number }>()
  return {
    enter({ playerId, account }) {
      const player = players.get(playerId)
      if (player === undefined) players.set(playerId, { account, sockets: 1 })
      else player.sockets++
    },
    leave({ playerId }) {
      const player = players.get(playerId)
      if (player === undefined) return 0
      if (--player.sockets === 0) players.delete(playerId)
      return player.sockets
    },
    accountOf: (playerId) => players.get(playerId)?.account ?? null,
  }
}
