import { machineClock } from '../../client/clock.ts'
import { RequestError } from '../../client/error.ts'
import { readEvents } from './events.ts'
import type { Trouble } from './trouble.ts'

/** How a stream is: `paused` while nobody sees the page, `waiting` for its next try, `refused` for good. */
export type StreamState = 'connecting' | 'open' | 'waiting' | 'paused' | 'refused'

/** Who hears of a stream. */
export interface StreamListener {
  event(name: string, data: unknown): void
  /** `note` says why, where somebody is to know. */
  state(state: StreamState, note: Trouble | null): void
}

/** The server says something every 10 s. */
const silenceMs = 25_000
const firstPauseMs = 500
const longestPauseMs = 15_000
const final: readonly string[] = ['NOT_FOUND', 'FORBIDDEN', 'INVALID_REQUEST', 'UNAUTHORIZED']

/** Follows server-sent events, comes back after pauses that grow, and asks for nothing while the page is hidden. */
export function follow(
  open: (signal: AbortSignal) => Promise<Response>,
  { event, state }: StreamListener,
): () => void {
  let over = false
  let tries = 0
  let running = new AbortController()
  let wake = () => {}

  async function once(): Promise<void> {
    running = new AbortController()
    const { signal } = running
    const silent = () => running.abort()
    let stopSilence = machineClock.after(silenceMs, silent)
    try {
      const { body } = await open(signal)
      if (body === null) throw new Error('No stream')
      if (over) return running.abort()
      state('open', null)
      await readEvents(body, event, () => {
        tries = 0
        stopSilence()
        stopSilence = machineClock.after(silenceMs, silent)
      })
    } finally {
      stopSilence()
    }
  }
  function woken(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const stop = ms === null ? () => {} : machineClock.after(ms, resolve)
      wake = () => {
        stop()
        resolve()
      }
    })
  }
  async function run(): Promise<void> {
    while (!over) {
      if (document.hidden) {
        state('paused', null)
        await woken(null)
        continue
      }
      if (tries === 0) state('connecting', null)
      const note = await once().then(() => null, noteOf)
      if (over || document.hidden) continue
      if (note !== null && final.includes(note.code)) return state('refused', note)
      state('waiting', note)
      const pause = Math.min(firstPauseMs * 2 ** tries++, longestPauseMs)
      await woken(pause * (1 - Math.random() / 2))
    }
  }
  function turned(): void {
    if (document.hidden) running.abort()
    else tries = 0
    wake()
  }
  document.addEventListener('visibilitychange', turned)
  void run()
  return () => {
    over = true
    document.removeEventListener('visibilitychange', turned)
    running.abort()
    wake()
  }
}

function noteOf(error: unknown): Trouble | null {
  if (!(error instanceof RequestError)) return null
  const { code, message } = error
  return { code, text: message }
}
