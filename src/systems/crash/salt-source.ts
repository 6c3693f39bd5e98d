import { randomBytes } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Chain } from './chains.ts'
import { drand } from './drand.ts'

/** Who gives chains their salts. */
export interface SaltSource {
  readonly kind: SaltKind
  /** What a commitment made now says of its salt (`Terms.saltSource`). Rejects when that cannot be known yet. */
  promise(): Promise<string>
  /** The salt of a committed chain whose `saltSource` is of this kind; null: there is none yet. Rejects when nobody answers. */
  saltOf(chain: Chain): Promise<string | null>
  /** What a chain without a salt waits for. */
  waiting(chain: Chain): string
}

/** `manual`: the operator gives it; `drand`: a public beacon; `local`: the server itself, which nobody can check. */
export type SaltKind = 'manual' | 'drand' | 'local'

/** The source of a kind; `url` is where the beacon is asked. */
export function saltSource(
  kind: SaltKind,
  { url, clock }: { readonly url: string; readonly clock: Clock },
): SaltSource {
  if (kind === 'drand') return drand({ url, clock })
  return kind === 'local' ? local() : manual()
}

function manual(): SaltSource {
  return {
    kind: 'manual',
    promise: async () => 'manual',
    saltOf: async () => null,
    waiting: ({ id }) => `Chain ${id} waits for "fanfare crash chain salt VALUE"`,
  }
}

/** Chance, taken only when the commitment is kept already: right for development, and worth no more than the server's word. */
function local(): SaltSource {
  return {
    kind: 'local',
    promise: async () => 'local',
    saltOf: async () => randomBytes(32).toString('hex'),
    waiting: ({ id }) => `Chain ${id} gets its salt in a moment`,
  }
}
