import type { Procedures } from './procedure.ts'

/** What the thread does for the people of locallife. */
export const locallifePeopleProcedures: Procedures = {}
