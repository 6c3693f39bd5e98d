import { descriptions } from './descriptions.ts'
import { openapiOf, type OpenApi } from './documents/openapi.ts'
import { jsonSchema, type JsonSchema } from './documents/json-schema.ts'
import { toldWire, type ToldWire } from './documents/told-wire.ts'
import type { EventType } from './system.ts'
import { events as dcs } from './systems/dcs/events.ts'
import { events as jive } from './systems/jive/channels.ts'
import { events as locallife } from './systems/locallife/channels.ts'
import { wires } from './wires.ts'

/** What is told of all systems, whichever of them run. */
export interface Told {
  /** Every route; its version is for the server to tell. */
  readonly openapi: OpenApi
  /** What crosses the wire of each system, by its name. */
  readonly wires: Readonly<Record<string, ToldWire>>
  /** By system and type, the data that a backend publishes. */
  readonly publishes: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
}

/** Tells it, from the schemas themselves. */
export function told(): Told {
  const all = Object.entries(wires).map(([name, wire]) => [name, toldWire(wire)] as const)
  return {
    openapi: openapiOf(descriptions, ''),
    wires: Object.fromEntries(all),
    publishes: { dcs: shapesOf(dcs), jive: shapesOf(jive), locallife: shapesOf(locallife) },
  }
}

function shapesOf(events: Readonly<Record<string, EventType>>): Record<string, JsonSchema> {
  const shapes = Object.entries(events).map(([type, { schema }]) => [
    type,
    jsonSchema(schema, 'input'),
  ])
  return Object.fromEntries(shapes)
}
