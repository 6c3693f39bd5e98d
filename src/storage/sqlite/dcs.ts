import type { Procedures } from './procedure.ts'

/** What the thread does for dcs. */
export const dcsProcedures: Procedures = {}
