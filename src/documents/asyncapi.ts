import type { Credential, Wire, WireCommand, WireFrame } from '../core/wire.ts'
import type { Protocol } from '../core/protocol.ts'
import { closesOf, handshakeRefusals, refusalsOf, textOf } from './asyncapi-text.ts'
import { hoisted } from './hoisted.ts'
import { jsonSchema, type JsonSchema } from './json-schema.ts'

/** What a document says of the server beside its systems. */
export interface AsyncapiOptions {
  readonly version: string
  readonly servers: readonly AsyncapiServer[]
  /** Bytes of the largest frame (`limits.max_frame`). */
  readonly maxFrame: number
}

/** A listener as clients reach it; `alone`: it serves this system and no other. */
export interface AsyncapiServer {
  readonly host: string
  readonly secure: boolean
  readonly alone: boolean
}

/** An AsyncAPI 3.0 document, as far as it is built here. */
export interface AsyncApi {
  readonly asyncapi: string
  readonly info: JsonSchema
  readonly defaultContentType: string
  readonly servers: Readonly<Record<string, JsonSchema>>
  readonly channels: Readonly<Record<string, JsonSchema>>
  readonly operations: Readonly<Record<string, JsonSchema>>
  readonly components: {
    readonly messages: Readonly<Record<string, AsyncapiMessage>>
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>
  }
}

/** A frame in a document. */
export interface AsyncapiMessage {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly contentType: string
  readonly payload: JsonSchema
  readonly examples: readonly { readonly payload: unknown }[]
  readonly correlationId?: JsonSchema
}

/** The document of a system, as it runs: the server is the application, so `receive` is what clients send. Null for a system that does not tell of its wire. */
export async function asyncapiOf(
  system: Protocol<any>,
  { version, servers, maxFrame }: AsyncapiOptions,
): Promise<AsyncApi | null> {
  const wire = await system.wire?.()
  if (wire === undefined) return null
  const schemas: Record<string, JsonSchema> = {}
  const messages = {
    ...messagesOf('client', wire.client, wire, schemas),
    ...messagesOf('server', wire.server, wire, schemas),
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: wire.title,
      version,
      description: textOf(wire, system, maxFrame),
      license: { name: 'Apache 2.0' },
      'x-handshake-refusals': handshakeRefusals(wire),
      'x-refusals': refusalsOf(wire.refusal?.codes ?? {}),
      'x-close-codes': closesOf(wire),
      'x-rates': system.rates,
      'x-heartbeat': {
        timeoutMs: system.heartbeat.timeout,
        ...(system.heartbeat.ping && { pingIntervalMs: system.heartbeat.ping.interval }),
      },
    },
    defaultContentType: 'application/json',
    servers: serversOf(wire, servers),
    channels: channelsOf(system, wire, servers, Object.keys(messages)),
    operations: operationsOf(system, wire),
    components: { messages, schemas, securitySchemes: schemesOf(wire) },
  }
}

type Side = 'client' | 'server'

function messagesOf(
  side: Side,
  frames: Readonly<Record<string, WireFrame>>,
  { refusal }: Wire,
  schemas: Record<string, JsonSchema>,
): Record<string, AsyncapiMessage> {
  return Object.fromEntries(
    Object.entries(frames).map(([name, { means, frame, examples }]) => {
      const text = examples.every((example) => typeof example === 'string')
      const message: AsyncapiMessage = {
        name,
        summary: firstSentence(means),
        description: means,
        contentType: text ? 'text/plain' : 'application/json',
        payload: hoisted(jsonSchema(frame, 'input'), schemas),
        examples: examples.map((payload) => ({ payload })),
        ...(refusal?.id !== undefined &&
          !text && { correlationId: { location: `$message.payload#${refusal.id}` } }),
      }
      return [key(side, name), message]
    }),
  )
}

function key(side: Side, name: string): string {
  return `${side}.${name}`
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
}

function serversOf(wire: Wire, servers: AsyncapiOptions['servers']): Record<string, JsonSchema> {
  // Where a frame may come in place of a token, the operations that need one say so.
  const needed = wire.credentials.includes('frame') ? [] : wire.credentials
  return Object.fromEntries(
    servers.map(({ host, secure, alone }, index) => [
      nameOf(index),
      {
        host,
        protocol: secure ? 'wss' : 'ws',
        description: `${alone ? 'Serves this system alone.' : 'Serves this system with others.'} Behind a proxy with TLS: \`wss\`, and the name of that.`,
        ...(needed.length > 0 && { security: needed.map(scheme) }),
      },
    ]),
  )
}

function nameOf(index: number): string {
  return `listener${index + 1}`
}

function scheme(credential: Credential): JsonSchema {
  return { $ref: `#/components/securitySchemes/${credential}` }
}

const schemes: Readonly<Record<Credential, JsonSchema>> = {
  query: { type: 'httpApiKey', in: 'query', name: 'token', description: 'The token, a JWT' },
  header: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  frame: { type: 'apiKey', in: 'user', description: 'The token in a frame `AUTH`' },
}

function schemesOf({ credentials }: Wire): Record<string, JsonSchema> {
  return Object.fromEntries(credentials.map((one) => [one, schemes[one]]))
}

/** A channel for each path; the first one is the one that operations name. */
function channelsOf(
  { paths }: Protocol<any>,
  wire: Wire,
  servers: AsyncapiOptions['servers'],
  messages: readonly string[],
): Record<string, JsonSchema> {
  const alone = servers.flatMap((server, index) => (server.alone ? [index] : []))
  const all = [
    ...paths.shared.map((path) => ({ path, on: servers.map((_, index) => index) })),
    ...(alone.length > 0 ? paths.own.map((path) => ({ path, on: alone })) : []),
  ]
  return Object.fromEntries(
    all.map(({ path, on }, index) => {
      const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [
        name,
        { description: wire.params[name]?.[0] ?? '', examples: [wire.params[name]?.[1] ?? ''] },
      ])
      const only = wire.paths?.[path] ?? (index === 0 ? null : 'Where the system is alone')
      return [
        index === 0 ? main : channelName(path),
        {
          address: path.replace(/:(\w+)/g, '{$1}'),
          ...(only !== null && { description: only }),
          servers: on.map((at) => ({ $ref: `#/servers/${nameOf(at)}` })),
          ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
          messages: Object.fromEntries(
            messages.map((name) => [name, { $ref: `#/components/messages/${name}` }]),
          ),
          bindings: { ws: { method: 'GET', query: queryOf(wire), bindingVersion: '0.1.0' } },
        },
      ]
    }),
  )
}

const main = 'main'

function channelName(path: string): string {
  return path.replace(/\W+/g, '-').replace(/^-|-$/g, '')
}

function queryOf({ query, credentials }: Wire): JsonSchema {
  const { properties, ...rest } = jsonSchema(query, 'input')
  const token = { type: 'string', description: 'The token, where no header carries it' }
  return {
    ...rest,
    properties: { ...(credentials.includes('query') && { token }), ...(properties as object) },
  }
}

function operationsOf({ commands, rates }: Protocol<any>, wire: Wire): Record<string, JsonSchema> {
  const channel = { $ref: `#/channels/${main}` }
  const refs = (side: Side, names: readonly string[]) =>
    names.map((name) => ({ $ref: `#/channels/${main}/messages/${key(side, name)}` }))
  const received = Object.entries(wire.client).map(
    ([name, { means, answers = [] }]: [string, WireCommand]) => {
      const command = commands.get(name)
      const replies = [...answers, ...(wire.refusal === null ? [] : [wire.refusal.frame])]
      const rate = command !== undefined && command.rate in rates ? command.rate : 'other'
      return [
        key('client', name),
        {
          action: 'receive',
          channel,
          summary: firstSentence(means),
          messages: refs('client', [name]),
          ...(replies.length > 0 && { reply: { channel, messages: refs('server', replies) } }),
          ...(command?.admit !== undefined && { security: wire.credentials.map(scheme) }),
          'x-rate': { name: rate, ...rates[rate] },
        },
      ]
    },
  )
  const sent = Object.entries(wire.server).map(([name, { means }]) => [
    key('server', name),
    { action: 'send', channel, summary: firstSentence(means), messages: refs('server', [name]) },
  ])
  return Object.fromEntries([...received, ...sent])
}
