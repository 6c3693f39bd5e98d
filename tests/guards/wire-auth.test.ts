import { afterAll, beforeAll, expect, test } from 'bun:test'
import { signToken } from '../../src/core/auth.ts'
import { frame, handshakeOf, op } from '../hostile/raw.ts'
import { channelFrom, partnerOf } from './bystanders.ts'
import { openHouse, type House } from './house.ts'
import { plain } from './socket.ts'
import { comeIn, comeTo, tryAll, wires, type Wire } from './wires.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

const wireAt = (start: string): Wire => wires.find(({ at }) => at.startsWith(start))!
const spectator = wireAt('/ws where crash')
const now = () => Math.floor(Date.now() / 1_000)

/** Tokens that do not hold, for somebody of a system who would be let in. */
async function badTokens(system: string, user: string): Promise<{ what: string; token: string }[]> {
  const good = await house.token(system, user)
  const [head = '', body = '', mark = ''] = good.split('.')
  const of = (claims: Record<string, unknown>) => house.token(system, user, claims)
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  const foreign = 'another-secret-of-somebody-else-0123456789'
  return [
    { what: 'garbage', token: 'abc' },
    { what: 'three dots', token: '...' },
    { what: 'a megabyte less a bit', token: 'x'.repeat(12_000) },
    { what: 'expired', token: await of({ exp: now() - 60 }) },
    { what: 'valid in the future', token: await of({ nbf: now() + 600 }) },
    { what: 'valid for ten years', token: await of({ exp: now() + 315_360_000 }) },
    { what: 'without an end', token: await of({ exp: undefined }) },
    { what: 'an end that is no number', token: await of({ exp: '9999999999' }) },
    { what: 'of another system', token: await of({ aud: 'dcs' }) },
    { what: 'of no system', token: await of({ aud: undefined }) },
    { what: 'of nobody', token: await of({ sub: undefined }) },
    { what: 'of an empty name', token: await of({ sub: '' }) },
    { what: 'of a name that cannot be', token: await of({ sub: 'a/b\n' }) },
    { what: 'of a name too long', token: await of({ sub: 'x'.repeat(65) }) },
    { what: 'of a list of names', token: await of({ sub: ['a'] }) },
    { what: 'of another secret', token: await signToken(claims, foreign) },
    { what: 'changed', token: `${head}.${encoded({ ...claims, sub: 'root' })}.${mark}` },
    { what: 'unsigned', token: `${encoded({ alg: 'none' })}.${body}.` },
    { what: 'another algorithm', token: `${encoded({ alg: 'HS512' })}.${body}.${mark}` },
    { what: 'cut', token: good.slice(0, -2) },
    { what: 'longer', token: `${good}AA` },
  ]
}

const addresses = [
  { system: 'jive', path: '/jive/ws', user: 'somebody' },
  { system: 'locallife', path: '/v1/ws', user: 'operator' },
  { system: 'crash', path: '/crash/ws', user: 'somebody' },
]

test.each(addresses)(
  'every token that does not hold is 401 before the upgrade, and says nothing else: $system',
  async ({ system, path, user }) => {
    await house.call('PUT', '/api/locallife/operators/operator', { role: 'admin' })
    const enter = async (token: string) => {
      const socket = await plain(house.url(), handshakeOf(`${path}?token=${token}`))
      await socket.until(() => socket.status > 0, 'answer')
      socket.reset()
      return [String(socket.status)]
    }
    expect(await enter(await house.token(system, user))).toEqual(['101'])
    const cases = await badTokens(system, user)
    const outcomes = await tryAll(cases, ({ token }) => enter(token))
    expect(outcomes).toEqual(Object.fromEntries(cases.map(({ what }) => [what, '401'])))
    await house.unharmed()
  },
)

const say = (t: string, p: unknown, i = 'm1') => frame(op.text, JSON.stringify({ i, t, p }))
const bet = { crash: { slots: [{ slotId: 1, amount: '1.00' }] }, nextRound: true }
const authenticated = /^\{"i":"m1","t":"AUTH_RESPONSE","p":\{"success":true,"playerId":"[\w-]+",/

test('crash: every token that does not hold ends the connection of who sends it in AUTH, with the reason before it', async () => {
  const cases = await badTokens('crash', 'somebody')
  const outcomes = await tryAll(cases, async ({ token }) => {
    const one = await comeIn(house, spectator)
    one.socket.send(say('AUTH', { token }))
    return one.outcome()
  })
  const expected = cases.map(({ what }) => [what, 'UNAUTHORIZED close:4401'])
  expect(outcomes).toEqual(Object.fromEntries(expected))
  await house.unharmed()
})

test('crash: before AUTH nobody plays, whatever the wish is, and everybody may look', async () => {
  const wishes = [
    { what: 'PLACE_BET', p: bet },
    { what: 'CRASH_BET', p: bet },
    { what: 'CASH_OUT', p: { slotId: 1 } },
    { what: 'CASH_OUT ', p: { cashOutAll: true } },
    { what: 'CANCEL_BET', p: { slotId: 0 } },
  ]
  const outcomes = await tryAll(wishes, async ({ what, p }) => {
    const one = await comeIn(house, spectator)
    one.socket.send(say(what.trim(), p), say('GET_STATE', {}))
    const outcome = await one.outcome()
    one.socket.reset()
    return outcome.map((told) => told.slice(0, 38))
  })
  const state = '{"i":"m1","t":"GET_STATE_RESPONSE","p"'
  const expected = wishes.map(({ what }) => [what, `UNAUTHORIZED ${state}`])
  expect(outcomes).toEqual(Object.fromEntries(expected))
  await house.unharmed()
})

test('crash: a connection stays that of its player: another one’s token is refused, a newer one of its own is not', async () => {
  const one = await comeIn(house, spectator)
  const own = house.fresh('player')
  const auth = async (player: string, prefix = '') =>
    say('AUTH', { token: prefix + (await house.token('crash', player)) })
  one.socket.send(await auth(own), await auth('somebody'), await auth(own, 'bearer  '))
  const [first, other, again, ...rest] = await one.outcome()
  expect([first, again]).toEqual([
    expect.stringMatching(authenticated),
    expect.stringMatching(authenticated),
  ])
  expect([other, rest]).toEqual(['INVALID_REQUEST', []])
  expect(first).toContain(`"playerId":"${own}"`)
  one.socket.send(say('PLACE_BET', bet))
  expect((await one.outcome(1)).at(-1)).toBe('INSUFFICIENT_BALANCE')
  one.socket.reset()
  await house.unharmed()
})

test('crash: who is gone before its AUTH is answered is forgotten as any other, and so is its player', async () => {
  const torn = async (index: number) => {
    const one = await comeIn(house, spectator)
    const token = await house.token('crash', `torn-${index}`)
    one.socket.send(say('AUTH', { token }))
    if (index % 2 === 0) await Bun.sleep(0)
    one.socket.reset()
  }
  await Promise.all(Array.from({ length: 40 }, (_, index) => torn(index)))
  await house.unharmed()
})

test('jive: what one may not see and what there is not are the same, but for the name that was asked for', async () => {
  const wire = wireAt('/jive/ws')
  const token = await house.token('jive', 'owner', { families: ['others'] })
  const body = { family_id: 'others', name: 'Household' }
  const { id } = await house.call('POST', '/api/v1/accounts', body, token)
  const request = (resource: string, params: unknown) => ({
    command: 'Request',
    data: { resource, params },
  })
  const asked: ((name: string) => unknown)[] = [
    (name) => ({ command: 'Subscribe', data: { topic: `account:${name}` } }),
    (name) => ({ command: 'Unsubscribe', data: { topic: `account:${name}` } }),
    (name) => request('account_balance', { account_id: name }),
    (name) => request('transactions', { account_id: name }),
    (name) => request('accounts', { after: name }),
    (name) => request('history', { topic: `account:${name}` }),
    (name) => ({ command: 'Subscribe', data: { topic: `family:${name}` } }),
    (name) => request('history', { topic: `family:${name}` }),
    (name) => request('history', { topic: `user:${name}` }),
  ]
  const answers = async (names: readonly string[]) => {
    const one = await comeIn(house, wire)
    const frames = names.flatMap((name) => asked.map((of) => JSON.stringify(of(name))))
    one.socket.send(...frames.map((text) => frame(op.text, text)))
    await one.outcome()
    one.socket.reset()
    const told = one.heard().filter((said) => said !== 'pong:over')
    return names.reduce((all, name) => all.replaceAll(name, 'NAME'), told.join('\n'))
  }
  const unknown = await answers([crypto.randomUUID(), 'nobodys', 'nobody'])
  expect(await answers([id, 'others', 'owner'])).toBe(unknown)
  expect(unknown.match(/"code":"FORBIDDEN"/g)).toHaveLength(24)
  await house.unharmed()
})

test('dcs: a fetch ends the channel before it with 4404 at once, and who comes back on it is told 410', async () => {
  const keys = await partnerOf(house, 'rotating')
  const path = `/ws/${await channelFrom(house, keys)}`
  const one = await comeTo(wireAt('/ws/CHANNEL'), { url: house.url(), path })
  expect(await one.outcome()).toEqual([])
  const next = await channelFrom(house, keys)
  expect(await one.socket.closed()).toBe(4404)
  const statuses: number[] = []
  for (const one of [path, `/ws/${next}`, `/ws/${next}x`, `/ws/${next.slice(1)}`, '/ws/%00']) {
    const late = await plain(house.url(), handshakeOf(one))
    await late.until(() => late.status > 0, 'answer')
    statuses.push(late.status)
    late.reset()
  }
  expect(statuses).toEqual([410, 101, 404, 404, 404])
  await house.unharmed()
})
