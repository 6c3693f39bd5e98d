import * as v from 'valibot'
import { Refusal } from '../../core/errors.ts'
import { parseAmount } from '../../core/money.ts'
import { eventTypes } from './events.ts'
import type { Stake } from './ledger.ts'

/** Slots a player has in a round (K9). */
export const mostSlots = 3

/** Names that clients of the original's protobuf gateway write beside the fields (R3, R4). */
const types = [
  'type.googleapis.com/api.game.v1.GameParams',
  'type.googleapis.com/api.game.v1.CrashParams',
  'type.googleapis.com/api.game.v1.CrashBetRequest',
  'type.googleapis.com/api.game.v1.CrashCashOutRequest',
  'type.googleapis.com/api.game.v1.CrashCancelBetRequest',
]
const Typed = { '@type': v.optional(v.picklist(types, 'Unknown type')) }

/** Nobody looks at its elements yet: to say what is wrong with each of half a million takes a second, in which nobody else is served. */
const list = v.custom<readonly unknown[]>(Array.isArray, 'Expected a list')

function slotFrom(least: number) {
  const message = `Expected a slot from ${least} to ${mostSlots}`
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(mostSlots, message),
  )
}

/** What is wrong with an amount is told after the phase, so it is not looked at here. */
const WishedSlot = v.object({
  slotId: slotFrom(1),
  amount: v.optional(v.unknown()),
  autoCashOut: v.optional(v.unknown()),
})
const Bets = v.nullish(
  v.object({
    ...Typed,
    slots: v.pipe(
      list,
      // One too many is enough to be refused.
      v.transform((slots) => slots.slice(0, mostSlots + 1)),
      v.array(WishedSlot),
      v.minLength(1, 'Expected a slot'),
    ),
  }),
)

/** Bets to be placed, in any of the forms that clients send (R3): one of them, or several that say the same. */
export const PlaceBet = v.pipe(
  v.object({
    ...Typed,
    amount: v.optional(v.unknown()),
    nextRound: v.nullish(v.boolean(), false),
    gameParams: v.nullish(v.object({ ...Typed, crashParams: Bets, crash: Bets })),
    crashParams: Bets,
    crash: Bets,
  }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): WishedBets => {
    const { amount = null, nextRound, gameParams, crashParams, crash } = value
    const forms = [gameParams?.crashParams, gameParams?.crash, crashParams, crash]
    const [slots, ...others] = forms.flatMap((form) => (form ? [form.slots] : []))
    if (slots === undefined) {
      addIssue({ message: 'Expected gameParams.crashParams.slots' })
      return NEVER
    }
    const text = slotsText(slots)
    if (others.some((other) => slotsText(other) !== text)) {
      addIssue({ message: 'The bets are given twice, and differ' })
      return NEVER
    }
    return { amount, slots, nextRound }
  }),
)

/** Bets as a client wishes for them; what stands in `unknown` nobody has looked at yet. */
export interface WishedBets {
  /** The sum of all slots, null when it is not given (R11). */
  readonly amount: unknown
  readonly slots: readonly v.InferOutput<typeof WishedSlot>[]
  readonly nextRound: boolean
}

/** The slots and whether all are meant (R4); `slot` null: the only one there is. */
export const CashOut = v.pipe(
  v.object({
    ...Typed,
    slotId: v.optional(v.unknown()),
    cashOutAll: v.nullish(v.boolean(), false),
  }),
  v.rawTransform(
    ({ dataset: { value }, addIssue, NEVER }): { slot: number | null; all: boolean } => {
      const { slotId = null, cashOutAll: all } = value
      if (all || slotId === null) return { slot: null, all }
      const parsed = v.safeParse(slotFrom(1), slotId)
      if (parsed.success) return { slot: parsed.output, all }
      addIssue({ message: `slotId: ${parsed.issues[0].message}` })
      return NEVER
    },
  ),
)

/** The slot to cancel, 0 for all (K13). */
export const CancelBet = v.object({ ...Typed, slotId: slotFrom(0) })

/** What is to be heard, or not any more (K23). */
export const EventTypes = v.object({
  eventTypes: v.pipe(
    list,
    v.maxLength(100, 'Expected at most 100 of them'),
    v.array(v.picklist(eventTypes, 'Unknown event type')),
  ),
})

/** A token, as it is or with the word that HTTP puts before it (K1). */
export const Authentication = v.object({
  token: v.pipe(
    v.string(),
    v.transform((token) => token.replace(/^Bearer +/i, '')),
  ),
})

/** The same text for equal wishes, and for no others: bets that could be taken have three slots and short amounts. */
export function wishText({ amount, slots, nextRound }: WishedBets): string {
  return `PLACE_BET ${slotsText(slots)} ${short(amount)} ${nextRound}`
}

function slotsText(slots: WishedBets['slots']): string {
  return slots
    .map(({ slotId, amount, autoCashOut }) => `${slotId}:${short(amount)}:${short(autoCashOut)}`)
    .join(' ')
}

/** Of what can be no amount nothing is written: a megabyte of it would take a tenth of a second. */
function short(value: unknown): string {
  if (typeof value === 'object' && value !== null) return '{}'
  const beginning = typeof value === 'string' ? value.slice(0, 64) : value
  return (JSON.stringify(beginning) ?? 'null').slice(0, 64)
}

/** What stakes may be; `cap` in hundredths. */
export interface StakeRules {
  readonly decimals: number
  /** The highest crash point there can be. */
  readonly cap: number
}

/** The stakes of a wish; refuses MAX_BETS_EXCEEDED (R15), which `free` does for a slot that is taken, then INVALID_AMOUNT (R11), then INVALID_MULTIPLIER (R13). */
export function stakesOf(
  { amount, slots }: WishedBets,
  rules: StakeRules,
  free: (slot: number) => void,
): readonly Stake[] {
  if (slots.length > mostSlots || new Set(slots.map(({ slotId }) => slotId)).size < slots.length) {
    throw new Refusal('MAX_BETS_EXCEEDED', `At most one bet in each of ${mostSlots} slots`)
  }
  for (const { slotId } of slots) free(slotId)
  const amounts = slots.map((slot) => sumOf(slot.amount, rules))
  const staked = amounts.reduce((sum, one) => sum + one, 0)
  if (amount !== null && sumOf(amount, rules) !== staked) {
    throw new Refusal('INVALID_AMOUNT', 'The amount is not the sum of the slots', { staked })
  }
  return slots.map(({ slotId, autoCashOut }, index) => ({
    slot: slotId,
    amount: amounts[index]!,
    target: targetOf(autoCashOut, rules),
  }))
}

function sumOf(amount: unknown, { decimals }: StakeRules): number {
  if (typeof amount === 'string') return parseAmount(amount, { decimals })
  throw new Refusal('INVALID_AMOUNT', 'An amount is a decimal string')
}

function targetOf(wished: unknown, { cap }: StakeRules): number | null {
  const target = readTarget(wished)
  if (target === null || (target >= lowestTarget && target <= cap)) return target
  throw new Refusal('INVALID_MULTIPLIER', 'Expected a multiplier that a round can reach', {
    lowest: lowestTarget / 100,
    highest: cap / 100,
  })
}

/** Hundredths, 0 for what is no multiplier. */
function readTarget(wished: unknown): number | null {
  if (wished === undefined || wished === null) return null
  const text = typeof wished === 'number' ? String(wished) : wished
  const match = typeof text === 'string' ? grammar.exec(text) : null
  return match === null ? 0 : Number(match[1]! + (match[2] ?? '').padEnd(2, '0'))
}

const grammar = /^(0|[1-9]\d{0,8})(?:\.(\d{1,2}))?$/

/** A bet at 1.00 loses (R25). */
const lowestTarget = 101
