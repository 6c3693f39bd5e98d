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
}

/** Chains of game hashes; their secrets never leave the storage thread. */
export interface Chains {
  /** Makes a secret, computes the chain and keeps its commitment. */
  commit(terms: Terms, length: number, at: number): Promise<Chain>
  /** Gives a chain its salt, once. Refuses NOT_FOUND and CONFLICT. */
  salt(chain: number, value: string, at: number): Promise<Chain>
  /** Newest first. */
  list(): Promise<readonly Chain[]>
}
