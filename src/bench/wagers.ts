import { requestText, type Step } from './asking.ts'
import { multiplierAt } from './play.ts'

/** Slots that callers bet on before the flight, and the one they bet on for the next round. */
const slots = [1, 2] as const
const nextSlot = 3
const amount = '1.00'
const firstTargetMs = 500
const ping = requestText('PING')
const state = requestText('GET_STATE')

/** One bet for each of so many players, cashed out by itself: so many a second reach their targets from half a second of flight on. */
export function targetedBets(players: number, perSecond: number): Step[] {
  return Array.from({ length: players }, (_, link) => {
    const target = Math.max(1.01, multiplierAt(firstTargetMs + (link * 1000) / perSecond))
    return { link, text: bet([{ slotId: 1, amount, autoCashOut: target.toFixed(2) }]) }
  })
}

/** Bets for each of so many players that wait to be cashed out. */
export function openBets(players: number): Step[] {
  const text = bet(slots.map((slotId) => ({ slotId, amount })))
  return Array.from({ length: players }, (_, link) => ({ link, text }))
}

/** What so many players with open bets ask in flight, so many times in all: a fifth each bet for the next round, take that back, ping, look and cash out, as long as there is something to. */
export function flightCourse(players: number, requests: number): Step[] {
  const waits = new Set<number>()
  const cashedOut = new Map<number, number>()
  return Array.from({ length: requests }, (_, index) => {
    const link = index % players
    // Not all at the same place of their round, so that each moment gets the whole mixture.
    const turn = (Math.floor(index / players) + link) % 5
    return { link, text: wish(link, turn) }
  })

  function wish(link: number, turn: number): string {
    if (turn === 0 && !waits.has(link)) {
      waits.add(link)
      return bet([{ slotId: nextSlot, amount }], true)
    }
    if (turn === 1 && waits.delete(link)) return requestText('CANCEL_BET', { slotId: nextSlot })
    const slotId = slots[cashedOut.get(link) ?? 0]
    if (turn === 4 && slotId !== undefined) {
      cashedOut.set(link, slotId)
      return requestText('CASH_OUT', { slotId })
    }
    return turn === 3 ? state : ping
  }
}

/** Pings from so many players in turn. */
export function pingCourse(players: number, requests: number): Step[] {
  return Array.from({ length: requests }, (_, index) => ({ link: index % players, text: ping }))
}

/** What a player does again and again while bets are taken: bet, and take it back. */
export const betAndBack: readonly string[] = [
  bet([{ slotId: 1, amount }]),
  requestText('CANCEL_BET', { slotId: 1 }),
]

/** What players ask in turn who do not look what the game is doing, from their request number `first` on: a bet that is cashed out by itself, another, that one back, the first one out, a look. */
export function gamble(players: number, requests: number, first: number): Step[] {
  const texts = [
    bet([{ slotId: 1, amount, autoCashOut: '1.50' }]),
    bet([{ slotId: 2, amount }]),
    requestText('CANCEL_BET', { slotId: 2 }),
    requestText('CASH_OUT', { slotId: 1 }),
    state,
  ]
  return Array.from({ length: requests }, (_, at) => {
    const index = first + at
    const link = index % players
    return { link, text: texts[(Math.floor(index / players) + link) % texts.length]! }
  })
}

function bet(wished: readonly Wished[], nextRound = false): string {
  const gameParams = { crashParams: { slots: wished } }
  return requestText('PLACE_BET', { gameParams, ...(nextRound && { nextRound }) })
}

interface Wished {
  readonly slotId: number
  readonly amount: string
  readonly autoCashOut?: string
}
