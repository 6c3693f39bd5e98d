import { descriptions } from './descriptions.ts'
import { openapiOf, type OpenApi } from './documents/openapi.ts'
import { toldWire, type ToldWire } from './documents/told-wire.ts'
import { wires } from './wires.ts'

/** What is told of all systems, whichever of them run. */
export interface Told {
  /** Every route; its version is for the server to tell. */
  readonly openapi: OpenApi
  /** What crosses the wire of each system, by its name. */
  readonly wires: Readonly<Record<string, ToldWire>>
}

/** Tells it, from the schemas themselves. */
export function told(): Told {
  const all = Object.entries(wires).map(([name, wire]) => [name, toldWire(wire)] as const)
  return { openapi: openapiOf(descriptions, ''), wires: Object.fromEntries(all) }
}
