import { machineClock } from '../../client/clock.ts'
import type { Crash } from '../../client/crash.ts'
import type { CrashRequests } from '../../client/crash-types.ts'
import type { RequestError } from '../../client/error.ts'
import { hexOf } from '../common/hex.ts'
import type { Store } from '../common/store.ts'
import { textOf } from './money.ts'
import { cashedOut, placed, stood, takenBack } from './table.ts'
import {
  actionOf,
  decimalsOf,
  flying,
  minorIn,
  withSlot,
  type Busy,
  type Note,
  type Slot,
  type View,
} from './view.ts'

/** What can be done at the three slots. */
export interface Slots {
  /** Changes what a slot is set to. */
  set(slotId: number, change: Pick<Partial<Slot>, 'amount' | 'auto' | 'repeats'>): void
  /** Does what the main button of a slot says. */
  act(slotId: number): void
  cashOutAll(): void
  /** A round begins: the slots that bet each round do so. */
  repeat(): void
  /** Asks how one's own bets stand. */
  look(): void
}

type Asks = 'PLACE_BET' | 'CASH_OUT' | 'CANCEL_BET'

/** So often the same is asked once more under the same id, when nobody knows what became of it. */
const mostTries = 3

/** The slots of whoever plays; `joins` counts connections. */
export function createSlots(parts: {
  readonly view: Store<View>
  readonly client: () => Crash
  readonly joins: () => number
}): Slots {
  const { view } = parts
  const mark = (slotIds: readonly number[], change: Partial<Slot>) =>
    view.change((shown) => slotIds.reduce((all, slotId) => withSlot(all, slotId, change), shown))
  let repeated: string | null = null
  let looks = false

  /** Asks until it is known what became of it; whoever answers late is asked how things stand now. */
  async function insist<Name extends Asks>(
    name: Name,
    payload: CrashRequests[Name]['payload'],
  ): Promise<CrashRequests[Name]['answer']> {
    const client = parts.client()
    const asked = parts.joins()
    const id = newId()
    try {
      for (let tries = 1; ; tries++) {
        try {
          return await client.request(name, payload, id)
        } catch (error) {
          if (tries === mostTries || !isUnknown(error as RequestError)) throw error
          await new Promise<void>((resolve) => void machineClock.after(500, resolve))
        }
      }
    } finally {
      if (parts.joins() !== asked) look()
    }
  }
  async function run(slotIds: readonly number[], busy: Busy, ask: () => Promise<void>) {
    mark(slotIds, { busy, note: null })
    try {
      await ask()
      mark(slotIds, { busy: null })
    } catch (error) {
      const note = noteOf(error as RequestError)
      mark(slotIds, { busy: null, note })
      const stops = ['INSUFFICIENT_BALANCE', 'INVALID_AMOUNT', 'INVALID_MULTIPLIER']
      if (stops.includes(note.code)) mark(slotIds, { repeats: false })
    }
  }

  function bet(slotId: number, nextRound: boolean): void {
    const { amount: typed, auto } = view.value.slots[slotId - 1]!
    const fault = faultOf(view.value, typed, auto)
    if (fault !== null) return mark([slotId], { note: fault, repeats: false })
    const minor = minorIn(view.value, typed) ?? 0
    const amount = textOf(minor, decimalsOf(view.value))
    const slot = { slotId, amount, ...(auto !== '' && { autoCashOut: auto }) }
    const wish = { crash: { slots: [slot] }, ...(nextRound && { nextRound }) }
    void run([slotId], 'bet', async () => {
      const answer = await insist('PLACE_BET', wish)
      const { balance } = answer
      view.change((shown) => ({ ...shown, balance, table: placed(shown.table, answer) }))
    })
  }
  function cashOut(
    slotIds: readonly number[],
    payload: CrashRequests['CASH_OUT']['payload'],
  ): void {
    const { roundId } = view.value.table
    void run(slotIds, 'out', async () => {
      const answer = await insist('CASH_OUT', payload)
      const { balance } = answer
      view.change((shown) => ({
        ...shown,
        balance,
        table: cashedOut(shown.table, answer, roundId),
      }))
    })
  }
  function cancel(slotId: number): void {
    mark([slotId], { repeats: false })
    void run([slotId], 'cancel', async () => {
      const { cancelled, balance } = await insist('CANCEL_BET', { slotId })
      view.change((shown) => ({ ...shown, balance, table: takenBack(shown.table, cancelled) }))
    })
  }
  function look(): void {
    if (looks) return
    looks = true
    // Of several reasons within a moment one is enough.
    machineClock.after(300, async () => {
      looks = false
      const state = await parts
        .client()
        .request('GET_STATE', {})
        .catch(() => null)
      if (state === null) return
      const now = machineClock.now()
      view.change((shown) => {
        const { seats } = stood(shown.table, state, now)
        return state.roundId === shown.table.roundId
          ? { ...shown, table: { ...shown.table, seats } }
          : shown
      })
    })
  }

  return {
    set: (slotId, change) => mark([slotId], { ...change, note: null }),
    act(slotId) {
      const action = actionOf(view.value, slotId)
      if (action === 'out') cashOut([slotId], { slotId })
      else if (action === 'cancel') cancel(slotId)
      else if (action !== 'none') bet(slotId, action === 'queue')
    },
    cashOutAll() {
      const slotIds = flying(view.value)
      if (slotIds.length > 0) cashOut(slotIds, { cashOutAll: true })
    },
    repeat() {
      const { table, me } = view.value
      if (me === null || table.roundId === repeated) return
      repeated = table.roundId
      for (const slotId of [1, 2, 3]) {
        const slot = view.value.slots[slotId - 1]!
        if (!slot.repeats || actionOf(view.value, slotId) !== 'bet') continue
        const required = minorIn(view.value, slot.amount) ?? 0
        const available = minorIn(view.value, view.value.balance) ?? 0
        if (required > available) mark([slotId], { repeats: false, note: note('REPEAT_STOPPED') })
        else bet(slotId, false)
      }
    },
    look,
  }
}

/** What cannot be a bet, before anybody is asked. */
function faultOf(view: View, amount: string, auto: string): Note | null {
  if (!((minorIn(view, amount) ?? 0) > 0))
    return note(amount === '' ? 'NO_AMOUNT' : 'INVALID_AMOUNT')
  return auto === '' ? null : autoFault(view, auto)
}

/** What cannot be a target. How high one may be the server says, but for what is above every cap. */
function autoFault({ rules }: View, auto: string): Note | null {
  const target = Number(auto)
  if (target >= 100_000_000)
    return note('INVALID_MULTIPLIER', rules === null ? {} : { highest: rules.maxMultiplier })
  if (!/^(0|[1-9]\d*)(\.\d{1,2})?$/.test(auto)) return note('MULTIPLIER_FORM')
  return target < 1.01 ? note('INVALID_MULTIPLIER') : null
}

function note(code: string, details: Note['details'] = {}, message = ''): Note {
  return { code, details, message }
}

function noteOf({ code, details, message }: RequestError): Note {
  return note(code ?? 'INTERNAL_ERROR', (details ?? {}) as Note['details'], message)
}

function isUnknown({ code, details }: RequestError): boolean {
  const { cause } = (details ?? {}) as { cause?: unknown }
  return (
    code === 'TIMEOUT' ||
    (code === 'INTERNAL_ERROR' && (cause === 'STORE_UNAVAILABLE' || cause === 'OVERLOADED'))
  )
}

/** An id that no other request has; pages without https have no randomUUID. */
function newId(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(12)))
}
