// A macro: it runs when this file is read, in the compiled program at build time. So the program holds the document, and neither what describes it nor what writes it.
import { packedOpenapi, packedWires } from './documents.ts' with { type: 'macro' }

/** The document of every operation there is, packed as `packedOpenapi` says. */
export const openapi: string = packedOpenapi()

/** What crosses the wire of every system there is, packed as `packedWires` says. */
export const wires: string = packedWires()
