import type { Scope } from '../../src/core/store.ts'
import { headersOf, nextNonce } from '../systems/dcs/signed.ts'
import type { Fields } from './http-fields.ts'
import type { Town } from './http-town.ts'
import { ask, type Answer } from './raw-http.ts'

/** Who may call a route: anybody, a server key with a scope, who is logged into the console, the token of a system's user, a partner who signs, WeChat Pay. */
export type Who = 'anybody' | Scope | 'session' | 'jive' | 'locallife' | 'partner' | 'wechat'

/** A request as it should be, before anything is made wrong. */
export interface Good {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  /** Sent as JSON unless it is text. */
  readonly body?: unknown
  readonly headers?: readonly (readonly [string, string])[]
  /** The user whose token it carries. */
  readonly as?: string
}

/** A route with a request that works. */
export interface Route {
  readonly method: string
  /** As Hono writes it. */
  readonly path: string
  readonly who: Who
  /** Further scopes, each of which will do. */
  readonly or?: readonly Scope[]
  /** Its answer never ends. */
  readonly endless?: true
  /** Status of the answer to the good request. */
  readonly status: number
  /** Made anew each time, with what it needs. */
  readonly good: (town: Town) => Good | Promise<Good>
  /** Where it takes a body: the fields, by path, and the kind of each. */
  readonly fields?: Fields
  /** Bytes of the largest body; the listener's limit when absent. */
  readonly mostBytes?: number
  /** The body may be left out. */
  readonly bodiless?: true
  /** Numbers of the query, with the least and the most each may be. */
  readonly numbers?: Readonly<Record<string, readonly [least: number, most: number]>>
  /** What a part of its path comes to that cannot be a name, where it is not `404 NOT_FOUND`. */
  readonly misnamed?: Readonly<Record<string, string>>
  /** Only with --dev. */
  readonly dev?: true
}

/** What is to be different from the good request. */
export interface Change {
  readonly method?: string
  /** The path as it is sent. */
  readonly target?: string
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly body?: string | Uint8Array | null
  /** In place of the header that says who asks; null: without it. */
  readonly authorization?: string | null
  readonly headers?: readonly (readonly [string, string])[]
}

/** Sends a route's good request with a change. */
export async function send(town: Town, route: Route, change: Change = {}): Promise<Answer> {
  const good = await route.good(town)
  const params = { ...good.params, ...change.params }
  const query = change.query ?? good.query ?? ''
  const path = route.path.replace(/:(\w+)/g, (_, name) => params[name] ?? '')
  const given = change.body === null ? undefined : (change.body ?? textOf(good.body))
  const signs = await credentials(town, route, good, { query, body: given ?? '' })
  const own =
    change.authorization === undefined
      ? signs
      : signs
          .filter(([name]) => name !== 'authorization')
          .concat(change.authorization === null ? [] : [['authorization', change.authorization]])
  const asked = {
    method: change.method ?? route.method,
    target: (change.target ?? path) + (query && `?${query}`),
    // A place of its own for each: what is limited by address is tried elsewhere.
    headers: [
      ...own,
      ...(good.headers ?? []),
      ['x-forwarded-for', somewhere(town.fresh())] as const,
      ...(change.headers ?? []),
    ],
    body: given,
  }
  return ask(town.house.url, asked, route.endless)
}

/** The route with one good request for all: what is refused does not use it up. */
export async function steady(town: Town, route: Route): Promise<Route> {
  const good = await route.good(town)
  return { ...route, good: () => good }
}

function textOf(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}

function somewhere(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
}

/** The token of a new session of the console. */
async function loggedIn(url: string, key: string, number: number): Promise<string> {
  const answer = await fetch(`${url}/api/console/session`, {
    method: 'POST',
    headers: { 'x-forwarded-for': somewhere(number) },
    body: JSON.stringify({ key }),
  })
  return ((await answer.json()) as { token: string }).token
}

/** The headers that say who asks. */
async function credentials(
  { house, partner, fresh }: Town,
  { who }: Pick<Route, 'who'>,
  { as = 'ann' }: Good,
  { query, body }: { readonly query: string; readonly body: string | Uint8Array },
): Promise<[string, string][]> {
  switch (who) {
    case 'anybody':
      return []
    case 'session':
      return [['authorization', `Bearer ${await loggedIn(house.url, house.keys.admin, fresh())}`]]
    case 'jive':
      return [['authorization', `Bearer ${await house.token('jive', as, { families: ['f1'] })}`]]
    case 'locallife':
      return [['authorization', `Bearer ${await house.token('locallife', as)}`]]
    case 'partner': {
      const { apiKey, apiSecret } = partner
      const timestamp = String(Date.now())
      const claims = { apiKey, secret: apiSecret, timestamp, nonce: nextNonce(), payload: query }
      return Object.entries(headersOf(claims))
    }
    case 'wechat':
      return Object.entries(house.wechat.seal(body))
    default:
      return [['authorization', `Bearer ${house.keys[who]}`]]
  }
}
