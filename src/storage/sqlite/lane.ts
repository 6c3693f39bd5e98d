import { Refusal, wantsLater } from '../../core/errors.ts'
import type { Draft, Message } from '../../core/store.ts'
import type { Answer } from './batch.ts'
import { unfold } from './told.ts'
import type { Batch } from './wire.ts'

/** How much may wait in a lane, and how much goes into one batch. */
export interface LaneLimits {
  /** Rows waiting or at work, an `append` counting each of its drafts. */
  readonly rows: number
  /** Characters of arguments waiting or at work. */
  readonly characters: number
  readonly batchCalls: number
  readonly batchRows: number
}

/** Calls on their way to one thread and back. */
export interface Lane {
  /** `args` as JSON text, `drafts` those that are in it. Refuses with OVERLOADED, and with STORE_UNAVAILABLE once the lane has ended. */
  call(procedure: string, args: string, rows: number, drafts?: readonly Draft[]): Promise<unknown>
  /** Rows waiting or at work. */
  waiting(): number
  /** Resolves when every batch that is at work now has been answered. */
  landed(): Promise<void>
  /** The messages of the thread's answer to the oldest batch; none once the lane has ended. */
  messages(batch: Batch): readonly Message[]
  /** The thread has answered the oldest batch. */
  settle(batch: Batch): void
  /** No further call is taken; resolves when every earlier one is answered. */
  drain(): Promise<void>
  /** Every call, waiting or at work, is refused, and every later one. */
  end(refusal: Refusal): void
}

interface Waiting {
  readonly text: string
  readonly rows: number
  readonly drafts: readonly Draft[]
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Two batches under way: the thread finds the next one waiting when it ends one, the rest gathers here. */
const inFlight = 2

/** Gathers the calls of a turn into batches and hands them to `send` as JSON text, at most two at a time. */
export function lane(send: (order: string) => void, limits: LaneLimits): Lane {
  let waiting: Waiting[] = []
  const flying: Waiting[][] = []
  let rows = 0
  let characters = 0
  let scheduled = false
  let ended: Refusal | null = null
  let drained: (() => void) | null = null
  /** Who waits for batches, and for how many of them. */
  let landings: { batches: number; resolve: () => void }[] = []

  function flush(): void {
    scheduled = false
    while (flying.length < inFlight && waiting.length > 0) {
      const count = batchSize(waiting, limits)
      const batch = waiting.slice(0, count)
      waiting = waiting.slice(count)
      flying.push(batch)
      send(`{"calls":[${batch.map(({ text }) => text).join(',')}]}`)
    }
  }

  function land(batches: number): void {
    if (landings.length === 0) return
    for (const landing of landings) landing.batches -= batches
    for (const { batches: left, resolve } of landings) if (left <= 0) resolve()
    landings = landings.filter((landing) => landing.batches > 0)
  }

  return {
    call(procedure, args, callRows, drafts = []) {
      if (ended) return Promise.reject(ended)
      if (callRows > limits.rows || args.length > limits.characters) {
        return Promise.reject(new Refusal('PAYLOAD_TOO_LARGE', 'Too much to be stored at once'))
      }
      if (rows + callRows > limits.rows || characters + args.length > limits.characters)
        return Promise.reject(wantsLater('OVERLOADED', 'Too much is waiting for the store', 1_000))
      const text = `[${JSON.stringify(procedure)},${args}]`
      rows += callRows
      characters += text.length
      return new Promise((resolve, reject) => {
        waiting.push({ text, rows: callRows, drafts, resolve, reject })
        if (scheduled || flying.length >= inFlight) return
        scheduled = true
        setImmediate(flush)
      })
    },
    waiting: () => rows,
    landed() {
      if (flying.length === 0) return Promise.resolve()
      return new Promise((resolve) => landings.push({ batches: flying.length, resolve }))
    },
    messages(batch) {
      const calls = flying[0]
      if (calls === undefined || batch.messages.length === 0) return []
      return unfold(
        calls.map(({ drafts }) => drafts),
        batch,
      )
    },
    settle({ answers }) {
      const batch = flying.shift()
      // The lane was ended because another thread died, while this one was at work.
      if (batch === undefined) return
      for (const [index, call] of batch.entries()) {
        rows -= call.rows
        characters -= call.text.length
        answer(call, answers[index]!)
      }
      land(1)
      flush()
      if (flying.length === 0) drained?.()
    },
    drain() {
      ended ??= new Refusal('STORE_UNAVAILABLE', 'The store is closing')
      if (waiting.length + flying.length === 0) return Promise.resolve()
      return new Promise((resolve) => {
        drained = resolve
      })
    },
    end(refusal) {
      ended = refusal
      for (const { reject } of [...flying.flat(), ...waiting]) reject(refusal)
      land(Infinity)
      flying.length = 0
      waiting = []
      rows = 0
      drained?.()
    },
  }
}

/** How many of the waiting calls make the next batch: at least one. */
function batchSize(waiting: readonly Waiting[], { batchCalls, batchRows }: LaneLimits): number {
  let rows = 0
  let count = 0
  for (const call of waiting) {
    rows += call.rows
    if (count > 0 && (rows > batchRows || count >= batchCalls)) break
    count++
  }
  return count
}

function answer({ resolve, reject }: Waiting, answer: Answer): void {
  if ('ok' in answer) return resolve(answer.ok)
  if ('code' in answer) {
    const { code, message, details, status } = answer
    return reject(new Refusal(code, message, details, status))
  }
  const error = new Error(answer.bug)
  error.stack = answer.stack
  reject(error)
}
