import { parseCurve } from './curve.ts'

/** What a chain was promised with, before its salt was known. */
export interface Terms {
  /** Return to player in basis points: 9700 is 97 %. */
  readonly rtpBps: number
  /** `exp:0.00015` or `power:0.1916:1.1894`. */
  readonly curve: string
  /** Highest crash point, hundredths. */
  readonly cap: number
  /** `manual`, `local`, or `drand:CHAINHASH:ROUND` with the round fixed beforehand. */
  readonly saltSource: string
}

/** A chain of game hashes as everybody may see it; times in epoch ms. */
export interface Chain extends Terms {
  readonly id: number
  /** h[0] in hex: the commitment. */
  readonly h0: string
  /** How many rounds it has. */
  readonly length: number
  readonly committedAt: number
  readonly salt: string | null
  readonly saltAt: number | null
  /** The index of the last hash that was used; 0 before the first round. */
  readonly position: number
  /** When it was left for good, what was not played yet included; null unless it was. */
  readonly leftAt: number | null
}

/** Chains of game hashes; their secrets never leave the storage thread. */
export interface Chains {
  /** Makes a secret, computes the chain and keeps its commitment. Refuses INVALID_REQUEST for terms that nobody could play by. */
  commit(terms: Terms, length: number, at: number): Promise<Chain>
  /** Gives a chain its salt, once. Refuses NOT_FOUND, CONFLICT and, for what is no salt, INVALID_REQUEST. */
  salt(chain: number, value: string, at: number): Promise<Chain>
  /** Newest first. */
  list(): Promise<readonly Chain[]>
}

/** Highest cap of all, hundredths: curves are told up to it. */
export const highestCap = 9_999_999_999

/** What is wrong with the terms of a chain, null when they can be played by. */
export function termsFault({ rtpBps, curve, cap, saltSource }: Terms): string | null {
  if (!Number.isSafeInteger(rtpBps) || rtpBps < 1 || rtpBps > 10_000) {
    return `Expected 1 to 10000 basis points as return to player, got "${rtpBps}"`
  }
  if (parseCurve(curve) === null) {
    return `Expected a curve such as "exp:0.00015" that is not at 2.00 within 100 ms and above 100.00 within an hour, got "${curve}"`
  }
  if (!Number.isSafeInteger(cap) || cap <= 100 || cap > highestCap) {
    return `Expected a cap from 1.01 to 99999999.99, got "${cap}" hundredths`
  }
  const known = /^(manual|local|drand:[0-9a-f]{64}:[1-9][0-9]{0,15})$/.test(saltSource)
  return known
    ? null
    : `Expected manual, local or a drand round as source of the salt, got "${saltSource}"`
}
