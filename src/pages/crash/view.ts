import type { CrashAuth, CrashEvents } from '../../client/crash-types.ts'
import type { State } from '../../client/link.ts'
import type { Rise } from './curve.ts'
import { minorOf } from './money.ts'
import { unknownTable, type Landed, type Table } from './table.ts'

/** What everybody plays by, as `/api/crash/rules` tells it. */
export interface Rules {
  readonly currency: string
  readonly decimals: number
  readonly minBet: string
  readonly maxBet: string
  readonly curve: string
  readonly tick: number
  readonly playMoney: boolean
  /** The highest crash point of the next chain. */
  readonly maxMultiplier: number
}
/** What is to be said at a slot: a code of the protocol or of this page, with its details. */
export interface Note {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
  /** What the server said, for a code that has no words here. */
  readonly message: string
}
/** What is under way at a slot. */
export type Busy = 'bet' | 'cancel' | 'out'
/** What its player has set a slot to, and what is under way there. */
export interface Slot {
  readonly amount: string
  /** Where it is cashed out by itself; empty: nowhere. */
  readonly auto: string
  readonly repeats: boolean
  readonly busy: Busy | null
  readonly note: Note | null
}
/** One of one's own bets that is over; amounts as text. */
export interface Result {
  readonly roundId: string
  readonly slotId: number
  readonly amount: string
  readonly crashPoint: number
  /** Null: lost. */
  readonly multiplier: number | null
  readonly winAmount: string | null
}
/** Everything that the page shows. */
export interface View {
  readonly link: State
  /** When the next try to connect is, by this machine's clock. */
  readonly nextTry: number
  readonly rules: Rules | null
  /** The curve of the rules, read once; null until it is told, and where it is not known here. */
  readonly rise: Rise | null
  /** Null: watching. */
  readonly me: CrashAuth | null
  /** Why there is no player, where one was meant to be. */
  readonly entrance: 'none' | 'entering' | 'refused' | 'expired' | 'ended'
  readonly balance: string
  readonly table: Table
  readonly stats: CrashEvents['CRASH_STATS'] | null
  readonly recent: readonly Landed[]
  readonly slots: readonly Slot[]
  readonly results: readonly Result[]
}

const idle: Slot = { amount: '10.00', auto: '', repeats: false, busy: null, note: null }

/** Before anything was told. */
export const firstView: View = {
  link: { name: 'connecting' },
  nextTry: 0,
  rules: null,
  rise: null,
  me: null,
  entrance: 'none',
  balance: '0',
  table: unknownTable,
  stats: null,
  recent: [],
  slots: [idle, idle, idle],
  results: [],
}

/** What the main button of a slot does now; `none` where nothing can be done. */
export type Action = 'bet' | 'queue' | 'cancel' | 'out' | 'none'

/** The action of a slot, by its number from 1 on. */
export function actionOf({ link, me, table, slots }: View, slotId: number): Action {
  const seat = table.seats[slotId - 1]
  const slot = slots[slotId - 1]
  if (me === null || link.name !== 'open' || seat === undefined || slot?.busy !== null)
    return 'none'
  const isIn = seat.bet?.status === 'active'
  if (table.phase === 'flying' && isIn) return 'out'
  if (seat.queued !== null) return 'cancel'
  if (table.phase === 'betting') return isIn ? 'cancel' : 'bet'
  return table.phase === null || (table.phase === 'waiting' && isIn) ? 'none' : 'queue'
}

/** The slots whose bets are in flight and can be cashed out. */
export function flying(view: View): readonly number[] {
  return [1, 2, 3].filter((slotId) => actionOf(view, slotId) === 'out')
}

/** The decimals of the currency; two until the rules are told. */
export function decimalsOf({ rules }: View): number {
  return rules?.decimals ?? 2
}

/** A text in minor units of the currency; null where it is no amount. */
export function minorIn(view: View, text: string): number | null {
  return minorOf(text, decimalsOf(view))
}

/** The view with one slot, by its number from 1 on, changed. */
export function withSlot(view: View, slotId: number, change: Partial<Slot>): View {
  const slots = view.slots.map((slot, index) =>
    index === slotId - 1 ? { ...slot, ...change } : slot,
  )
  return { ...view, slots }
}
