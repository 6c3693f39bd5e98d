import { descriptions } from './descriptions.ts'
import { openapiOf } from './documents/openapi.ts'

/** The document of every operation there is, packed: JSON, gzip, Base64. Its version is for the server to tell. */
export function packedOpenapi(): string {
  const text = JSON.stringify(openapiOf(descriptions, ''))
  return Bun.gzipSync(text, { level: 9 }).toBase64()
}
