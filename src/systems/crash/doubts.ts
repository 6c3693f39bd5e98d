import { Refusal } from '../../core/errors.ts'
import { insist, isTemporary, noteFailure, type InsistParts } from './insist.ts'
import type { Command, Ledger } from './ledger.ts'

/** Commands of which nobody knows whether they were written, since the disk failed (R30). */
export interface Doubts {
  /** Asks until the ledger knows; `adopt` gets the command's answer, null when it did nothing. */
  settle(command: Command, adopt: (answer: unknown) => void): void
  /** A repeat was answered: whoever waits for the same answer gets null, since much may happen to it by then. True when somebody does, once. */
  repeated(command: Command): boolean
  /** Resolves when nothing is in doubt. */
  none(): Promise<void>
  waiting(): number
  /** Refuses STORE_UNAVAILABLE while so many are in doubt that nothing further is tried: each is asked for again and again. */
  mustHaveRoom(): void
}

const mostDoubts = 1_000

interface Doubt {
  readonly command: Command
  readonly adopt: (answer: unknown) => void
  repeated: boolean
}

/** No doubts yet. */
export function createDoubts(ledger: Pick<Ledger, 'answered'>, parts: InsistParts): Doubts {
  const open = new Map<Doubt, Promise<void>>()

  async function ask(doubt: Doubt): Promise<void> {
    const { command, adopt } = doubt
    // A disk that fails leaves many in doubt at once: the log is told of the first.
    const what = open.size === 0 ? 'command' : null
    try {
      const answer = await insist(parts, what, () => known(command))
      adopt(doubt.repeated ? null : answer)
    } catch (error) {
      // Given up at the end of the process: the next start gives everything back.
      if (what !== null) noteFailure(parts.log, what, error)
    }
  }

  /** An answer to another wish under the same id is none to this one. */
  function known(command: Command): Promise<unknown> {
    return ledger.answered(command).catch((error: unknown) => {
      if (error instanceof Refusal && !isTemporary(error)) return null
      throw error
    })
  }

  return {
    settle(command, adopt) {
      const doubt = { command, adopt, repeated: false }
      open.set(
        doubt,
        ask(doubt).finally(() => open.delete(doubt)),
      )
    },
    repeated({ account, key }) {
      const same = [...open.keys()].filter(
        ({ command, repeated }) => !repeated && command.account === account && command.key === key,
      )
      for (const doubt of same) doubt.repeated = true
      return same.length > 0
    },
    async none() {
      while (open.size > 0) await Promise.all(open.values())
    },
    waiting: () => open.size,
    mustHaveRoom() {
      if (open.size < mostDoubts) return
      throw new Refusal('STORE_UNAVAILABLE', 'Nothing is taken until it is known what was written')
    },
  }
}
