import type { Log } from '../../core/log.ts'
import type { Audience } from './audience.ts'

/** An audience that never throws, since a game has to go on; simulated players hear it, too. */
export function guarded(
  audience: Audience,
  log: Log,
  players: () => Pick<Audience, 'phase' | 'tick'> | null,
): Audience {
  function safely(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      log.error('telling failed', error, { system: 'crash' })
    }
  }
  return {
    phase: (change) =>
      safely(() => {
        audience.phase(change)
        players()?.phase(change)
      }),
    tick: (multiplier, elapsed) =>
      safely(() => {
        audience.tick(multiplier, elapsed)
        players()?.tick(multiplier, elapsed)
      }),
    players: (changes, totals) => safely(() => audience.players(changes, totals)),
    ended: (result) => safely(() => audience.ended(result)),
    stats: (told) => safely(() => audience.stats(told)),
    balance: (playerId, change) => safely(() => audience.balance(playerId, change)),
    own: (playerId, result) => safely(() => audience.own(playerId, result)),
  }
}
