import Ajv2020 from 'ajv/dist/2020.js'
import type { OpenApi } from '../../src/documents/openapi.ts'

/** Judges values by the schemas of an OpenAPI document, as any other machine would. */
export interface Judge {
  /** What is wrong with a value at a place of the document (`paths`, …); '' when nothing is. */
  faults(place: readonly string[], value: unknown): string
}

export function judgeOf(document: OpenApi): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema({ ...document, $id: 'https://fanfare.invalid/openapi.json' })
  return {
    faults(place, value) {
      const pointer = place.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      const path = pointer.map(encodeURIComponent).join('/')
      const judge = ajv.getSchema(`https://fanfare.invalid/openapi.json#/${path}`)
      if (judge === undefined) return `No schema at ${place.join(' / ')}`
      return judge(value) ? '' : ajv.errorsText(judge.errors)
    },
  }
}
