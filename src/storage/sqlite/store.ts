import type { Clock } from '../../core/clock.ts'
import type { Appended, Draft, Message, Page, Store } from '../../core/store.ts'
import type { Lane } from './lane.ts'
import type { Thread } from './procedure.ts'

/** What the store needs beside the thread. */
export interface StoreParts {
  readonly thread: Thread
  readonly writes: Lane
  readonly clock: Clock
  /** The highest id that was told. */
  head(): number
  start(receive: (messages: readonly Message[]) => void): void
  fault(): string | null
  stop(): Promise<void>
}

/** The store whose work is done by the core procedures of the storage thread. */
export function storeOver({ thread, writes, clock, head, start, fault, stop }: StoreParts): Store {
  let first = 0
  /** The reader sees a commit before this thread hears of it: what is read now would be told later. */
  async function told(reading: Promise<Page>): Promise<Page> {
    const page = await reading
    if (Number(page.messages.at(-1)?.id ?? 0) > head()) await writes.landed()
    return page
  }
  return {
    async start(receive) {
      start(receive)
      first = await thread.read<number>('head', null)
    },
    head: () => Math.max(first, head()),
    append(drafts, options = {}) {
      const args = JSON.stringify({ drafts, ...options, now: clock.now() })
      return writes.call('append', args, rowsOf(drafts), drafts) as Promise<Appended>
    },
    since: (channel, version, limit) => told(thread.read('since', { channel, version, limit })),
    after: (channels, id, limit) => told(thread.read('after', { channels, id, limit })),
    get: (key, now) => thread.read('get', { key, now }),
    put: (key, value, expiresAt) => thread.write('put', { key, value, expiresAt }),
    delete: (key) => thread.write('delete', key),
    find: (id, channels) => thread.read('find', { id, channels }),
    keyByHash: (hash) => thread.read('keyByHash', hash),
    audit: (entry) => thread.write('audit', entry),
    prune: (before, now) => pruneAll(thread, before, now),
    fault,
    stop,
  }
}

function rowsOf(drafts: readonly Draft[]): number {
  let rows = 1
  for (const { channels } of drafts) rows += channels.length
  return rows
}

/** Slice after slice, so that between two of them everybody else gets a turn. */
async function pruneAll(thread: Thread, before: number, now: number): Promise<number> {
  let gone = 0
  for (;;) {
    const slice = await thread.write<number>('prune', { before, now })
    if (slice === 0) return gone
    gone += slice
  }
}
