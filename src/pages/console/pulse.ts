import { useEffect, useState } from 'preact/hooks'
import type { Overview } from './api.ts'
import type { Server } from './server.ts'
import type { Trouble } from './trouble.ts'
import type { StreamState } from './stream.ts'

/** The server at an instant; null where nothing was told for a while. */
export interface Sample {
  /** Epoch ms of the server. */
  readonly at: number
  readonly overview: Overview | null
}

/** The server at a glance, once a second, and the last five minutes of that. */
export interface Pulse {
  readonly state: StreamState
  readonly note: Trouble | null
  /** Null until the first one came. */
  readonly overview: Overview | null
  /** Oldest first. */
  readonly samples: readonly Sample[]
}

/** How far back samples go. */
export const keptMs = 300_000

/** Follows the server for as long as somebody is logged in. */
export function usePulse(server: Server): Pulse {
  const [pulse, set] = useState<Pulse>({
    state: 'connecting',
    note: null,
    overview: null,
    samples: [],
  })
  useEffect(
    () =>
      server.stream('/api/console/overview', {
        event(name, data) {
          if (name !== 'overview') return
          const overview = data as Overview
          set((old) => ({ ...old, overview, samples: appended(old.samples, overview) }))
        },
        state: (state, note) => set((old) => ({ ...old, state, note })),
      }),
    [server],
  )
  return pulse
}

/** What is missing is a gap, not a line across it. */
function appended(samples: readonly Sample[], overview: Overview): readonly Sample[] {
  const { at } = overview
  const last = samples.at(-1)
  const gap =
    last !== undefined && at - last.at > 3_000 ? [{ at: last.at + 1, overview: null }] : []
  // The first one of a stream tells no rates.
  const next = { at, overview }
  return [...samples.filter((one) => one.at > at - keptMs && one.at < at), ...gap, next]
}
