import type { Answer, Call } from './batch.ts'
import type { Told } from './told.ts'

/** The first thing a storage thread is told. */
export interface Opening {
  /** `write` locks the folder; `ledger`, the writer of crash's database, comes after it; `audit` only reads that. */
  readonly open: 'write' | 'ledger' | 'read' | 'audit'
  readonly folder: string
  readonly dev: boolean
  /** Whether the reader reads crash's database, too. */
  readonly ledger?: boolean
}

/** What the main thread sends after that, as JSON text: cheaper here than a structured clone. */
export type Order = { readonly calls: readonly Call[] } | { readonly stop: true }

/** What became of a batch. */
export interface Batch {
  readonly answers: readonly Answer[]
  /** What was committed, in the order it was recorded. */
  readonly messages: readonly Told[]
  /** Why writing fails at the moment, null when it works. */
  readonly fault: string | null
  /** How long it took, fsync included, in ms. */
  readonly ms: number
}

/** What the thread answers, as JSON text: one for the opening, one for each order, in order. */
export type Report =
  Batch | { readonly opened: true } | { readonly refused: string } | { readonly stopped: true }
