import { descriptions } from './descriptions.ts'
import { openapiOf } from './documents/openapi.ts'
import { toldWire } from './documents/told-wire.ts'
import { wires } from './wires.ts'

/** The document of every operation there is, packed: JSON, gzip, Base64. Its version is for the server to tell. */
export function packedOpenapi(): string {
  return packed(openapiOf(descriptions, ''))
}

/** The wires of all systems by name (`ToldWire`), packed in the same way. */
export function packedWires(): string {
  const all = Object.entries(wires).map(([name, wire]) => [name, toldWire(wire)])
  return packed(Object.fromEntries(all))
}

function packed(document: object): string {
  return Bun.gzipSync(JSON.stringify(document), { level: 9 }).toBase64()
}
