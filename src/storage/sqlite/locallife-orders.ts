import type { Procedures } from './procedure.ts'

/** What the thread does for the orders of locallife. */
export const locallifeOrdersProcedures: Procedures = {}
