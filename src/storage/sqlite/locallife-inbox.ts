import type { Procedures } from './procedure.ts'

/** What the thread does for the inbox of locallife. */
export const locallifeInboxProcedures: Procedures = {}
