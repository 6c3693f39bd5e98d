import { Parser } from '@asyncapi/parser'
import { beforeAll, describe, expect, test } from 'bun:test'
import { Glob } from 'bun'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { closeCodes, errorCodes, type ErrorCode } from '../../src/core/errors.ts'
import { asyncapiOf } from '../../src/documents/asyncapi.ts'
import { jsonSchema } from '../../src/documents/json-schema.ts'
import { toldWire } from '../../src/documents/told-wire.ts'
import { start } from '../fixture.ts'
import { documented, options, type Documented } from './wires.ts'

const root = join(import.meta.dir, '../..')
const names = ['dcs', 'jive', 'locallife', 'pledge', 'crash']
let all: ReadonlyMap<string, Documented>
beforeAll(async () => {
  all = await documented()
})

// One for all: making one reads all of its rules.
const parser = new Parser()

/** What the official parser has to say of a document, but that there is a newer version of AsyncAPI. */
async function faults(document: object): Promise<string[]> {
  const { document: read, diagnostics } = await parser.parse(JSON.stringify(document))
  const told = diagnostics
    .filter(({ code }) => code !== 'asyncapi-latest-version')
    .map(({ message, path }) => `${path.join('.')}: ${message}`)
  return read === undefined ? ['not read', ...told] : told
}

/** Every name of a field in a schema, at any depth. */
function fields(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : []
  return [...own, ...Object.values(schema).flatMap(fields)]
}

/** The text that crosses the wire. */
function frameOf(example: unknown): string {
  return typeof example === 'string' ? example : JSON.stringify(example)
}

describe.each(names)('the AsyncAPI document of %s', (name) => {
  const own = () => all.get(name)!

  test('is found to be without a fault by the official parser', async () => {
    expect(await faults(own().document)).toEqual([])
  })

  test('has a message for everything that clients may say and for everything that can be published, and no others from clients', () => {
    const { system, wire } = own()
    expect(Object.keys(wire.client).sort()).toEqual([...system.commands.keys()].sort())
    const events = Object.values(system.channels).flatMap(({ events }) => Object.keys(events))
    expect(Object.keys(wire.server)).toEqual(expect.arrayContaining(events))
  })

  test('has examples that fit the schema they illustrate, that of the code and that of the document, and no other message of the server', () => {
    const { wire, fitting } = own()
    for (const side of ['client', 'server'] as const) {
      for (const [message, { frame, examples }] of Object.entries(wire[side])) {
        expect([message, examples.length]).not.toEqual([message, 0])
        for (const example of examples) {
          expect([message, v.safeParse(frame, example).issues]).toEqual([message, undefined])
          const fits = fitting(side, frameOf(example))
          if (side === 'client') expect(fits).toContain(message)
          else expect(fits).toEqual([message])
        }
      }
    }
  })

  test('has examples of clients that are read as the command they are, and taken', () => {
    const { system, wire } = own()
    for (const [command, { examples }] of Object.entries(wire.client)) {
      for (const example of examples) {
        const request = system.codec.decode(frameOf(example))
        expect(request.name).toBe(command)
        expect(system.commands.get(command)!.parse(request.data)).toMatchObject({ ok: true })
      }
    }
  })

  test('tells of every field that a command looks at, since what is taken is what the code says', () => {
    const { system, document } = own()
    for (const [command, { schema }] of system.commands) {
      const told = document.components.messages[`client.${command}`]!.payload
      const shown = [...fields(told), ...fields(document.components.schemas)]
      expect(shown).toEqual(expect.arrayContaining(fields(jsonSchema(schema!, 'input'))))
    }
  })

  test('names the same close codes as its page', () => {
    const codes = own().document.info['x-close-codes'] as { code: number }[]
    const page = readFileSync(join(root, `docs/systems/${name}.md`), 'utf8')
    const table = page.slice(page.indexOf('| close code |')).split('\n\n')[0]!
    const rows = table.split('\n').flatMap((row) => row.split('|')[1]!.match(/\d{4}/g) ?? [])
    expect(codes.map(({ code }) => code).sort()).toEqual(rows.map(Number).sort())
  })

  test('names every reason for which its code closes a connection', () => {
    const told = (own().document.info['x-close-codes'] as { code: number }[]).map(
      ({ code }) => code,
    )
    const sources = [...new Glob(`src/systems/${name}/*.ts`).scanSync(root)]
    const text = sources.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
    const reasons = [...text.matchAll(/close\(.*?'(\w+)'|expired: '(\w+)'/g)]
    for (const [, one, other] of reasons) {
      expect(told).toContain(closeCodes[(one ?? other) as keyof typeof closeCodes].code)
    }
  })

  test('names every refusal of a handshake that its page names, and their statuses', () => {
    const told = own().document.info['x-handshake-refusals'] as { status: number; code: string }[]
    for (const { status, code } of told) expect<number>(errorCodes[code as ErrorCode]).toBe(status)
    const page = readFileSync(join(root, `docs/systems/${name}.md`), 'utf8')
    const connecting = page.slice(page.indexOf('## Connecting')).split('\n## ')[1]!
    const codes = connecting.match(/(?<=`)[A-Z]+_[A-Z_]+(?=`)|`UNAUTHORIZED`|`OVERLOADED`/g) ?? []
    const known = codes.filter((code) => code in errorCodes)
    expect(told.map(({ code }) => code)).toEqual(expect.arrayContaining(known))
  })
})

test('a document that is wrong is found out, so that the judgement above can fail', async () => {
  const { document } = all.get('jive')!
  const operations = { bad: { action: 'receive', channel: { $ref: '#/channels/none' } } }
  expect(await faults({ ...document, operations })).not.toEqual([])
  const { Ping } = all.get('jive')!.wire.server
  const components = { messages: { Ping: { payload: jsonSchema(Ping!.frame, 'input') } } }
  const wrong = { messages: { Ping: { ...components.messages.Ping, examples: [{ payload: 1 }] } } }
  expect(
    await faults({ ...document, components: { ...document.components, ...wrong } }),
  ).not.toEqual([])
})

test('a frame with a field that is not told of fits nothing, so that drift is found', () => {
  const { fitting } = all.get('jive')!
  expect(fitting('server', '{"type":"Ping"}')).toEqual(['Ping'])
  expect(fitting('server', '{"type":"Ping","data":{}}')).toEqual([])
  expect(fitting('server', '{"type":"Pink"}')).toEqual([])
})

test('a path of its own is told of only where a listener serves the system alone, and every token has its scheme', () => {
  const { system, wire, document } = all.get('jive')!
  const addresses = (of: typeof document) => Object.values(of.channels).map((one) => one['address'])
  expect(addresses(document)).toEqual(['/jive/ws', '/ws'])
  expect(document.servers).toMatchObject({
    listener1: { host: 'localhost:8080', protocol: 'ws' },
    listener2: { host: 'localhost:8012', protocol: 'wss' },
  })
  const servers = options.servers.slice(0, 1)
  const shared = asyncapiOf(system, toldWire(wire), { ...options, servers })
  expect(addresses(shared)).toEqual(['/jive/ws'])
  expect(Object.keys(document.components.securitySchemes)).toEqual(['query', 'header'])
  expect(document.servers['listener1']!['security']).toHaveLength(2)
  expect(all.get('pledge')!.document.servers['listener1']).not.toHaveProperty('security')
  // Spectators need none, so the bets say it.
  const { servers: open, operations } = all.get('crash')!.document
  expect(open['listener1']).not.toHaveProperty('security')
  expect(operations['client.PLACE_BET']!['security']).toHaveLength(3)
  expect(operations['client.GET_STATE']).not.toHaveProperty('security')
})

test('rates, heartbeats, sizes and compression are those that the server runs with', () => {
  const { system, wire, document } = all.get('crash')!
  expect(document.info['x-rates']).toEqual(system.rates)
  expect(document.operations['client.PLACE_BET']!['x-rate']).toEqual({
    name: 'bet',
    perSecond: 5,
    burst: 5,
  })
  expect(document.info['x-heartbeat']).toEqual({ timeoutMs: 60_000, pingIntervalMs: 20_000 })
  expect(document.info['description']).toContain('at most 1048576 bytes')
  expect(all.get('locallife')!.document.info['description']).toContain('at most 524288 bytes')
  for (const compression of [true, false]) {
    const { info } = asyncapiOf({ ...system, compression }, toldWire(wire), options)
    expect(String(info['description']).includes('are deflated')).toBe(compression)
  }
  const { timeoutMs } = all.get('pledge')!.document.info['x-heartbeat'] as { timeoutMs: number }
  expect(timeoutMs).toBe(20_000)
})

test('a running server tells of every system at /asyncapi, with the addresses under which it was asked', async () => {
  const listen = [
    { host: '127.0.0.1', port: 0, systems: '*' as const },
    { host: '127.0.0.1', port: 0, systems: ['jive'] },
  ]
  await using server = await start({ listen })
  for (const name of names) {
    const answer = await server.fetch(`/asyncapi/${name}.json`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
    const document = (await answer.json()) as Documented['document']
    expect(document.components).toEqual(all.get(name)!.document.components as never)
    const hosts = Object.values(document.servers).map(({ host }) => `http://${String(host)}`)
    const running = server.fanfare.listeners.map(({ url }) => url.origin)
    expect(hosts).toEqual(name === 'jive' ? running : running.slice(0, 1))
    if (name === 'jive') expect(await faults(document)).toEqual([])
  }
  expect((await server.fetch('/asyncapi/none.json')).status).toBe(404)
})
