import { describe, expect, test } from 'bun:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import * as v from 'valibot'
import type { Config } from '../../src/config.ts'
import type { Operation } from '../../src/core/operation.ts'
import { descriptions } from '../../src/descriptions.ts'
import { adapted } from '../../src/documents/adapt.ts'
import { openapiOf, type OpenApi } from '../../src/documents/openapi.ts'
import { publicApp, type House } from '../../src/listeners.ts'
import { allSystems } from '../../src/systems.ts'
import { start } from '../fixture.ts'
import { judgeOf } from './judge.ts'

const document = openapiOf(descriptions, '1.2.3')
const operations = descriptions.flatMap((description) => description.operations)
const placeOf = ({ method, path }: Operation) => ['paths', path.replace(/:(\w+)/g, '{$1}'), method]

async function faultsOf(candidate: unknown): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(
    JSON.parse(JSON.stringify(candidate)) as never,
  )
  return valid ? null : (errors ?? 'invalid')
}

/** The routes that a server with these flags has, each `GET /path`. */
async function routesOf(flags: Parameters<typeof start>[0]): Promise<string[]> {
  let routes: string[] = []
  await using _ = await start(flags, {
    plug: (host, thread, config: Config) => {
      const systems = allSystems(host, thread, config)
      const house = { ...host, config, systems, broker: {} } as unknown as House
      routes = publicApp(house, systems, true)
        .routes.filter(({ method }) => method !== 'ALL')
        .map(({ method, path }) => `${method} ${path}`)
      return systems
    },
  })
  return [...new Set(routes)].sort()
}

/** The routes that a document tells of, in the same form. */
function told({ paths }: OpenApi): string[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    )
    .sort()
}

describe('the OpenAPI document', () => {
  test('is valid for the official schema of OpenAPI 3.1, so that every tool can read it', async () => {
    expect(await faultsOf(document)).toBeNull()
    for (const systems of [[], ['dcs'], ['crash']]) {
      const here = { systems, pages: true, development: false, decimals: 8 }
      expect(await faultsOf(adapted(document, here))).toBeNull()
    }
  })

  test('is judged by a judge that finds faults, so that the rule above can fail', async () => {
    const broken = { ...document, paths: { '/x': { get: { operationId: 'x' } }, y: {} } }
    expect(await faultsOf(broken)).not.toBeNull()
    expect(await faultsOf({ ...document, components: { schemas: { 'a b': {} } } })).not.toBeNull()
  })

  test('tells every route there is and none that there is not, whatever runs', async () => {
    const all = ['jive', 'dcs', 'locallife', 'pledge', 'crash'] as const
    const cases = [
      { systems: [...all], pages: true, dev: true },
      { systems: [...all], pages: true, dev: false },
      { systems: ['dcs'], pages: true, dev: false },
      { systems: ['crash'], pages: true, dev: true },
      { systems: [...all], pages: false, dev: true },
    ] as const
    for (const { systems, pages, dev } of cases) {
      const here = { systems, pages, development: dev, decimals: 2 }
      expect(told(adapted(document, here))).toEqual(await routesOf({ systems, pages, dev }))
    }
  })

  test('points at nothing that is not there, and keeps nothing that nothing points at', () => {
    const here = { systems: ['dcs'], pages: true, development: false, decimals: 2 }
    const cut = adapted(document, here)
    const text = JSON.stringify(cut)
    for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/([\w.]+)"/g)) {
      expect(cut.components[kind as 'schemas']).toHaveProperty([name!])
    }
    const kept = Object.keys(cut.components.schemas)
    expect(kept).toContain('Partner')
    expect(kept).not.toContain('Order')
    expect(Object.keys(cut.components.securitySchemes).sort()).toEqual([
      'dapiKey',
      'dapiNonce',
      'dapiSign',
      'dapiTimestamp',
      'serverKey',
    ])
    expect(cut.tags.map(({ name }) => name)).toEqual(['common', 'dcs'])
  })

  test('lets in by any one of the scopes that will do, and only by all headers of a signature together', () => {
    const securityOf = (path: string) => document.paths[path]!['get']!.security
    expect(securityOf('/api/channels')).toEqual([
      { serverKey: ['publish'] },
      { serverKey: ['read'] },
    ])
    expect(securityOf('/websocket/v1/get-channel')).toEqual([
      { dapiKey: [], dapiTimestamp: [], dapiNonce: [], dapiSign: [] },
    ])
    expect(securityOf('/healthz')).toEqual([])
  })

  test('says that what is read may be refused while the disk fails, and when to come again (errors.md)', () => {
    const { $ref: pointer = '' } = document.paths['/api/channels/{system}/{name}/history']!['get']!
      .responses['503'] as { $ref?: string }
    const response = document.components.responses[pointer.split('/').at(-1)!]
    expect(response).toMatchObject({ headers: { 'Retry-After': {} } })
    expect(response!['description']).toBe('`OVERLOADED`, `STORE_UNAVAILABLE`')
    expect(document.paths['/healthz']!['get']!.responses).not.toHaveProperty('503')
  })

  test('has names of its own for operations and for every part of their paths, since clients are made from them', () => {
    const ids = operations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id, path, params } of operations) {
      const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
      expect([id, Object.keys(params?.entries ?? {})]).toEqual([id, named])
    }
  })

  test('has amounts with the decimals of the currency, so that none is promised that is refused', () => {
    const amountIn = (decimals: number) => {
      const here = { systems: ['crash'], pages: true, development: false, decimals }
      const judge = judgeOf(adapted(document, here))
      const place = ['paths', '/api/wallets/{player}/credit', 'post', 'requestBody']
      return (amount: string) =>
        judge.faults([...place, 'content', 'application/json', 'schema'], { amount, tx_id: 'a' })
    }
    expect([amountIn(2)('1.25'), amountIn(4)('1.2525'), amountIn(0)('1')]).toEqual(['', '', ''])
    for (const fault of [amountIn(2)('1.255'), amountIn(4)('1.25255'), amountIn(0)('1.2')]) {
      expect(fault).toContain('pattern')
    }
  })

  test('refuses two shapes of one name and two operations of one place, since one of each would be lost', () => {
    const [common] = descriptions
    const [one] = common!.operations
    const twice = [{ ...common!, operations: [one!, { ...one!, id: 'other' }] }]
    expect(() => openapiOf(twice, '')).toThrow('"other" is there twice')
    const shape = (schema: v.GenericSchema): Operation => ({
      ...one!,
      id: schema.type,
      path: `/${schema.type}`,
      answers: { 200: { says: 'x', schema: v.pipe(schema, v.title('Same')) } },
    })
    const differing = [{ ...common!, operations: [shape(v.string()), shape(v.number())] }]
    expect(() => openapiOf(differing, '')).toThrow('two shapes with the name "Same"')
  })
})

describe('the examples of the document', () => {
  const judge = judgeOf(document)
  const json = ['content', 'application/json', 'schema']

  test.each(operations.map((operation) => [operation.id, operation] as const))(
    'those of %s fit what they illustrate, for us and for any other machine',
    (_, operation) => {
      const place = placeOf(operation)
      const { body, example, params, query, headers } = operation
      for (const [fields, given] of [
        [params, example?.params],
        [query, example?.query],
        [headers, example?.headers],
      ] as const) {
        if (fields !== undefined) v.parse(fields, given ?? {})
        expect(Object.keys(fields?.entries ?? {})).toEqual(
          expect.arrayContaining(Object.keys(given ?? {})),
        )
      }
      expect(body === undefined).toBe(example?.body === undefined)
      if (body !== undefined) {
        v.parse(body.schema, example?.body)
        expect(judge.faults([...place, 'requestBody', ...json], example?.body)).toBe('')
      }
      for (const [status, { schema, type, example: answer }] of Object.entries(operation.answers)) {
        if (schema === undefined || answer === undefined) continue
        expect(v.parse(schema, answer) as unknown).toEqual(answer)
        const media = type ?? 'application/json'
        const at = [...place, 'responses', status, 'content', media, 'schema']
        expect(judge.faults(at, answer)).toBe('')
      }
    },
  )

  test('every parameter has its example where it must be given', () => {
    const bare = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).flatMap(({ parameters }) =>
        parameters
          .filter((one) => one['required'] === true && one['example'] === undefined)
          .map(({ name }) => `${path} ${String(name)}`),
      ),
    )
    expect(bare).toEqual([])
  })

  test('a wrong one is found by the machine, so that the rules above can fail', () => {
    const place = ['paths', '/api/publish', 'post', 'requestBody', ...json]
    expect(judge.faults(place, { channel: 1 })).toContain('must be string')
    expect(judge.faults([...place, 'nowhere'], {})).toContain('No schema')
  })
})
