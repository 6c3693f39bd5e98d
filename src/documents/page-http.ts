import { html } from 'hono/html'
import { fieldsTable, valueText, type Schemas } from './fields.ts'
import type { JsonSchema } from './json-schema.ts'
import { inline, joined, markdown, table, type Html } from './markdown.ts'
import type { ApiOperation, OpenApi } from './openapi.ts'

/** The routes of a system: a list of them, then each with all that there is to know. */
export function httpSection(document: OpenApi, system: string): Html {
  const own = operationsOf(document).filter(({ operation }) => operation.tags[0] === system)
  if (own.length === 0) return html``
  const rows = own.map(({ method, path, operation }) => [
    html`<a href="#${operation.operationId}"><code>${method.toUpperCase()} ${path}</code></a>`,
    inline(operation.summary),
    inline(whoMay(operation)),
  ])
  return html`<h3 id="${system}-http">HTTP</h3>
    ${table(['route', 'what', 'who'], rows)}${own.map((one) => article(one, document))}`
}

interface Route {
  readonly method: string
  readonly path: string
  readonly operation: ApiOperation
}

function operationsOf({ paths }: OpenApi): readonly Route[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
}

const callers: Readonly<Record<string, string>> = {
  serverKey: 'server key',
  consoleSession: 'session of the console',
  dapiSign: 'signed by a partner',
  wechatSignature: 'signed by WeChat Pay',
}

function whoMay({ security }: ApiOperation): string {
  const [needed] = security
  if (needed === undefined) return 'anybody'
  const scopes = security.flatMap((way) => Object.values(way).flat())
  const named = Object.keys(needed).flatMap((scheme) => callers[scheme] ?? [])
  const who = named[0] ?? 'token of a user'
  return scopes.length === 0 ? who : `${who}, scope \`${scopes.join('` or `')}\``
}

function article(route: Route, document: OpenApi): Html {
  const { method, path, operation } = route
  const { operationId: id, summary, description, parameters, requestBody } = operation
  const schemas = document.components.schemas
  const body = bodyOf(requestBody)
  return html`<article id="${id}">
    <h4>
      <a href="#${id}"><b class="${method}">${method.toUpperCase()}</b> <code>${path}</code></a>
    </h4>
    <p>
      ${inline(summary)}.
      <small
        >${inline(whoMay(operation))}${operation['x-development'] ? ', with --dev only' : ''}</small
      >
    </p>
    ${description === undefined ? '' : markdown(description)}${parametersTable(parameters, schemas)}${
      body === null
        ? ''
        : html`<h5>Body${requestBody?.['required'] === false ? ' (optional)' : ''}</h5>
            ${fieldsTable(body.schema, schemas)}`
    }
    <pre>${curl(route, body?.example)}</pre>
    ${answers(operation, document)}
  </article> `
}

interface Body {
  readonly type: string
  readonly schema: JsonSchema
  readonly example?: unknown
}

function bodyOf(holder: JsonSchema | undefined): Body | null {
  const [first] = Object.entries((holder?.['content'] ?? {}) as Record<string, Omit<Body, 'type'>>)
  return first === undefined ? null : { type: first[0], ...first[1] }
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: JsonSchema
  readonly example?: unknown
}

function parametersTable(parameters: readonly JsonSchema[], schemas: Schemas): Html {
  if (parameters.length === 0) return html``
  const rows = (parameters as unknown as readonly Parameter[]).map(
    ({ name, in: place, required, schema }) => [
      html`<code>${name}</code>${required ? '' : html` <small>optional</small>`}`,
      html`${place}`,
      valueText(schema, schemas),
    ],
  )
  return html`<h5>Parameters</h5>
    ${table(['name', 'in', 'what'], rows)}`
}

function answers({ responses }: ApiOperation, { components }: OpenApi): Html {
  const refusals: Html[] = []
  const told = Object.entries(responses).map(([status, response]) => {
    const { $ref: pointer } = response
    if (typeof pointer === 'string') {
      const found = components.responses[pointer.slice('#/components/responses/'.length)]
      refusals.push(html`<li>${status} ${inline(String(found?.['description']))}</li> `)
      return html``
    }
    const body = bodyOf(response)
    return html`<h5>${status}: ${inline(String(response['description']))}</h5>
      ${body === null ? '' : html`${fieldsTable(body.schema, components.schemas)}${sample(body.example)}`}`
  })
  return html`${told}
    <h5>Refusals</h5>
    <ul class="refusals">
      ${joined(refusals)}
    </ul> `
}

/** An example as it would be written. */
export function sample(example: unknown): Html {
  if (example === undefined) return html``
  return html`<pre>
${typeof example === 'string' ? example : JSON.stringify(example, null, 2)}</pre> `
}

/** A line to paste, once `BASE` and what the caller shows are set. */
function curl({ method, path, operation }: Route, body: unknown): string {
  const parameters = operation.parameters as unknown as readonly Parameter[]
  const given = parameters.filter(({ example }) => example !== undefined)
  const of = (place: string) => given.filter((one) => one.in === place)
  const filled = of('path').reduce(
    (text, { name, example }) => text.replace(`{${name}}`, encodeURIComponent(String(example))),
    path,
  )
  const query = of('query').map(
    ({ name, example }) => `${name}=${encodeURIComponent(String(example))}`,
  )
  const [needed = {}] = operation.security
  const parts = [
    `curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} "$BASE${filled}${query.length === 0 ? '' : `?${query.join('&')}`}"`,
    ...Object.keys(needed).map((scheme) => `-H ${shown(scheme)}`),
    ...of('header').map(({ name, example }) => `-H '${name}: ${String(example)}'`),
    ...(body === undefined
      ? []
      : [
          `-H 'Content-Type: application/json'`,
          `-d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`,
        ]),
  ]
  return parts.join(' \\\n  ')
}

const headers: Readonly<Record<string, string>> = {
  serverKey: '"Authorization: Bearer $SERVER_KEY"',
  dapiKey: '"X-DAPI-API-KEY: $API_KEY"',
  dapiTimestamp: '"X-DAPI-TIMESTAMP: $TIMESTAMP"',
  dapiNonce: '"X-DAPI-NONCE: $NONCE"',
  dapiSign: '"X-DAPI-SIGN: $SIGN"',
  wechatTimestamp: '"Wechatpay-Timestamp: $TIMESTAMP"',
  wechatNonce: '"Wechatpay-Nonce: $NONCE"',
  wechatSerial: '"Wechatpay-Serial: $SERIAL"',
  wechatSignature: '"Wechatpay-Signature: $SIGNATURE"',
}

function shown(scheme: string): string {
  return headers[scheme] ?? '"Authorization: Bearer $TOKEN"'
}
