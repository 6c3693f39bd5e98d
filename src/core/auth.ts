import type { MaybePromise } from './protocol.ts'

/** What a verified token says; `exp` in epoch seconds. */
export interface Claims {
  readonly sub: string
  readonly exp: number
  readonly [claim: string]: unknown
}

/** Checks a token for a system; refuses with UNAUTHORIZED and never says why. Synchronous for a token verified a moment ago. */
export type Verify = (token: string | null, system: string) => MaybePromise<Claims>
