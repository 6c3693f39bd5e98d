import type { Protocol } from '../core/protocol.ts'
import type { Credential } from '../core/wire.ts'
import { closesOf, handshakeRefusals, rateOf, refusalsOf, textOf } from './asyncapi-text.ts'
import type { JsonSchema } from './json-schema.ts'
import { messageKey, type AsyncapiMessage, type Side, type ToldWire } from './told-wire.ts'

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

/** The document of a system, as it runs: the server is the application, so `receive` is what clients send. */
export function asyncapiOf(
  system: Protocol<any>,
  wire: ToldWire,
  { version, servers, maxFrame }: AsyncapiOptions,
): AsyncApi {
  const { messages, schemas } = wire
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
    channels: channelsOf(system, wire, servers),
    operations: operationsOf(system, wire),
    components: { messages, schemas, securitySchemes: schemesOf(wire) },
  }
}

function serversOf(
  wire: ToldWire,
  servers: AsyncapiOptions['servers'],
): Record<string, JsonSchema> {
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

function schemesOf({ credentials }: ToldWire): Record<string, JsonSchema> {
  return Object.fromEntries(credentials.map((one) => [one, schemes[one]]))
}

/** A channel for each path; the first one is the one that operations name. */
function channelsOf(
  { paths }: Protocol<any>,
  wire: ToldWire,
  servers: AsyncapiOptions['servers'],
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
            Object.keys(wire.messages).map((name) => [
              name,
              { $ref: `#/components/messages/${name}` },
            ]),
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

function queryOf({ query, credentials }: ToldWire): JsonSchema {
  const { properties, ...rest } = query
  const token = { type: 'string', description: 'The token, where no header carries it' }
  return {
    ...rest,
    properties: { ...(credentials.includes('query') && { token }), ...(properties as object) },
  }
}

function operationsOf(
  { commands, rates }: Protocol<any>,
  { messages, answers, credentials }: ToldWire,
): Record<string, JsonSchema> {
  const channel = { $ref: `#/channels/${main}` }
  const refs = (side: Side, names: readonly string[]) =>
    names.map((name) => ({ $ref: `#/channels/${main}/messages/${messageKey(side, name)}` }))
  const all = Object.entries(messages).map(([key, { name, summary }]): [string, JsonSchema] => {
    if (key === messageKey('server', name)) {
      return [key, { action: 'send', channel, summary, messages: refs('server', [name]) }]
    }
    const replies = answers[name] ?? []
    const command = commands.get(name)
    const rate = command === undefined ? 'other' : rateOf(command, rates)
    return [
      key,
      {
        ...{ action: 'receive', channel, summary, messages: refs('client', [name]) },
        ...(replies.length > 0 && { reply: { channel, messages: refs('server', replies) } }),
        ...(command?.admit !== undefined && { security: credentials.map(scheme) }),
        'x-rate': { name: rate, ...rates[rate] },
      },
    ]
  })
  return Object.fromEntries(all)
}
