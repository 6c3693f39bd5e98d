import Ajv, { type ValidateFunction } from 'ajv'
import { asyncapiOf, type AsyncApi, type AsyncapiOptions } from '../../src/documents/asyncapi.ts'
import type { Wire } from '../../src/core/wire.ts'
import { toldWire, type Side } from '../../src/documents/told-wire.ts'
import type { AnySystem } from '../../src/server.ts'
import { allSystems } from '../../src/systems.ts'
import { wires } from '../../src/wires.ts'
import { start } from '../fixture.ts'

/** A system with its wire and its document. */
export interface Documented {
  readonly system: AnySystem
  readonly wire: Wire
  readonly document: AsyncApi
  /** Names of the messages of a side that a frame is, with no field beyond them. */
  fitting(side: Side, frame: string): string[]
}

export const options: AsyncapiOptions = {
  version: '0.0.0',
  servers: [
    { host: 'localhost:8080', secure: false, alone: false },
    { host: 'localhost:8012', secure: true, alone: true },
  ],
  maxFrame: 1_048_576,
}

/** Every system of a server, which is stopped again, by name. */
export async function documented(): Promise<ReadonlyMap<string, Documented>> {
  let systems: readonly AnySystem[] = []
  await using _ = await start(
    { dev: true },
    { plug: (...parts) => (systems = allSystems(...parts)) },
  )
  const all = systems.map((system): [string, Documented] => {
    const wire = wires[system.name]!
    const document = asyncapiOf(system, toldWire(wire), options)
    const judges = judgesOf(document)
    const fitting = (side: Side, frame: string) => {
      const values = [frame, parsed(frame)]
      const names = Object.keys(wire[side])
      return names.filter((name) => values.some((value) => judges.get(`${side}.${name}`)!(value)))
    }
    return [system.name, { system, wire, document, fitting }]
  })
  return new Map(all)
}

/** The JSON of a frame, null where there is none. */
function parsed(frame: string): unknown {
  try {
    return JSON.parse(frame)
  } catch {
    return null
  }
}

/** What may have fields that nobody can name beforehand: what backends publish, details of refusals, and what clients add. */
const open =
  /^client\.|^server\.(TransactionUpdate\/data\/data|(notification|alert|order_update|merchant_status_change|delivery_\w+|connection_blocked)\/data)$/

function judgesOf({ components }: AsyncApi): ReadonlyMap<string, ValidateFunction> {
  const schemas = closed(components.schemas, '')
  const all = Object.entries(components.messages).map(([key, { payload }]) => {
    const schema = { ...(closed(payload, key) as object), components: { schemas } }
    return [
      key,
      new Ajv({ strict: false, formats: { 'date-time': /^[-\d]{10}T[:.\d]+Z$/ } }).compile(schema),
    ] as const
  })
  return new Map(all)
}

/** The schema with every object closed that is not open on purpose. */
function closed(schema: unknown, path: string): unknown {
  if (Array.isArray(schema)) return schema.map((one) => closed(one, path))
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.entries(schema).map(([key, value]) => {
    if (key !== 'properties') return [key, closed(value, path)]
    const inner = Object.entries(value as object).map(([name, one]) => [
      name,
      closed(one, `${path}/${name}`),
    ])
    return [key, Object.fromEntries(inner)]
  })
  const more = 'properties' in schema && !open.test(path) && { additionalProperties: false }
  return { ...Object.fromEntries(members), ...more }
}
