import type { Clock, Stop } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { Audience, Person } from './audience.ts'
import type { Game } from './game.ts'
import type { Ledger, Stake } from './ledger.ts'

/** Players that play by themselves (K31): they hear what everybody hears and ask for what anybody may. */
export interface Players extends Pick<Audience, 'phase' | 'tick'> {
  /** Opens their purses, `sim-1` and so on. */
  start(): Promise<void>
  stop(): void
}

/** What simulated players play with; money in minor units. */
export interface PlayersParts {
  readonly game: Pick<Game, 'place' | 'cashOut'>
  readonly ledger: Pick<Ledger, 'open' | 'move'>
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  readonly count: number
  /** Play money of each, and again when it is spent. */
  readonly grant: number
  /** Smallest bet; the largest is a hundred times as much, as far as `maxBet` allows. */
  readonly minBet: number
  readonly maxBet: number
}

interface Player {
  readonly person: Person
  /** Where it means to cash out in this round, hundredths; null: it does not. */
  aim: number | null
}

/** Share of the players that bet in a round. */
const keenness = 0.7
/** Purses that are opened at once. */
const batch = 200

/** Simulated players; what they are refused is theirs to bear. */
export function simulatePlayers(parts: PlayersParts): Players {
  const { game, ledger, clock, log, random, count } = parts
  const grant = Math.max(parts.grant, 100 * parts.minBet)
  const players: Player[] = []
  const timers = new Map<Player, Stop>()
  // From the wall clock on: a bet under an id of the run before would be taken for its repeat (R30).
  let serial = clock.now()
  let stopped = false

  const chance = (least: number, most: number) => least + Math.floor(random() * (most - least + 1))
  /** Few aim high, as with real players. */
  const aimed = () => Math.min(10_000, Math.floor(101 / (1 - 0.99 * random())))

  async function open(n: number): Promise<void> {
    const playerId = `sim-${n}`
    const { account } = await ledger.open(playerId, grant, clock.now())
    const nickname = `Player ${n}`
    const person = { account, playerId, nickname, avatar: '', isAnonymous: n % 10 === 0 }
    players.push({ person, aim: null })
  }

  function stakes(player: Player): readonly Stake[] {
    const most = Math.min(parts.maxBet, 100 * parts.minBet, grant)
    const slots = random() < 0.2 ? [1, 2] : [1]
    return slots.map((slot) => {
      const target = random() < 0.5 ? aimed() : null
      if (target === null) player.aim = aimed()
      return { slot, amount: chance(parts.minBet, Math.max(parts.minBet, most)), target }
    })
  }

  function wish({ person }: Player, body: string) {
    const key = `sim-${++serial}`
    return { person, key, body: `${body} ${key}`, receivedAt: clock.elapsed() }
  }

  async function bet(player: Player): Promise<void> {
    const wanted = stakes(player)
    try {
      await game.place(wish(player, 'PLACE_BET'), () => wanted, false)
    } catch (error) {
      player.aim = null
      if (error instanceof Refusal && error.code === 'INSUFFICIENT_BALANCE') await refill(player)
      else refused(error)
    }
  }

  async function refill({ person: { playerId: player } }: Player): Promise<void> {
    const at = clock.now()
    const txId = `refill-${at}-${++serial}`
    const move = { player, kind: 'credit', amount: grant, txId, actor: 'scenario', at } as const
    await ledger.move(move).catch(refused)
  }

  function refused(error: unknown): void {
    if (error instanceof Refusal) return
    log.error('simulated player failed', error, { system: 'crash' })
  }

  return {
    async start() {
      const numbers = Array.from({ length: count }, (_, index) => index + 1)
      for (let from = 0; from < count && !stopped; from += batch) {
        await Promise.all(numbers.slice(from, from + batch).map(open))
      }
    },
    phase({ phase, duration }) {
      if (phase !== 'betting' || duration === null) return
      for (const player of players) {
        player.aim = null
        timers.get(player)?.()
        if (random() >= keenness) continue
        const when = Math.floor(random() * duration * 0.9)
        timers.set(
          player,
          clock.after(when, () => void bet(player)),
        )
      }
    },
    tick(multiplier) {
      for (const player of players) {
        if (player.aim === null || player.aim > multiplier) continue
        player.aim = null
        game.cashOut(wish(player, 'CASH_OUT'), null, true).catch(refused)
      }
    },
    stop() {
      stopped = true
      for (const stop of timers.values()) stop()
      players.length = 0
    },
  }
}
