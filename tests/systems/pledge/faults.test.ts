import { expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import type { FaultName } from '../../simulators/exchange-faults.ts'
import { seeded } from '../../simulators/exchange-market.ts'
import { caughtUp, open, symbol, type Outage } from './outage.ts'

const minute = 60_000

/** Waits until the exchange is reached, and has a price shown. */
async function reached(outage: Outage): Promise<string> {
  await outage.until(async () => (await outage.metric('upstream_up')) === 1, 5_000, 'connection')
  return shown(outage)
}

/** Tells prices until one of them is shown, for at most `most` ms; the last one shown. */
async function shown(outage: Outage, most = 5_000): Promise<string> {
  const news = new Set<string>()
  const arrived = async () => news.has((await outage.quote()).price ?? '')
  await outage.until(
    async () => {
      news.add(outage.tell())
      return arrived()
    },
    most,
    'price',
  )
  return (await outage.quote()).price!
}

/** What holds at any end: prices in their order, none that was not told, few attempts, a token each that no log shows. */
function sound(outage: Outage, frames: readonly string[]): void {
  const order = [...outage.told]
  const places = frames.map((frame) => {
    const { code, data } = JSON.parse(frame)
    expect({ frame, code, told: order.includes(data) }).toEqual({ frame, code: 0, told: true })
    return order.indexOf(data)
  })
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(outage.busiestMinute()).toBeLessThanOrEqual(20)
  const tokens = outage.exchange.connects.map(({ token }) => token)
  expect(new Set(tokens).size).toBe(tokens.length)
  for (const token of tokens) expect(outage.server.logged.join('\n')).not.toContain(token)
  expect(outage.exchange.violations).toEqual([])
}

/** What the log says of the exchange. */
function logged({ server }: Outage): string[] {
  return server.logged
    .map((line) => JSON.parse(line).event)
    .filter((event) => /exchange/.test(event))
}

/** Open files of this process; nothing where the system does not tell. */
function files(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0
}

/** Each way to be out of reach, with its amount. */
const outOfReach: [FaultName | 'gone', number | true][] = [
  ['gone', true],
  ['no-welcome', true],
  ['late-welcome', 12_000],
  ['no-ack', true],
  ['stall', true],
  ['error', true],
  ['error', 404],
  ['token-over', true],
  ['token-500', true],
  ['token-429', 3_600],
  ['token-garbage', true],
  ['token-huge', true],
  ['token-huge', 1],
  ['token-hang', true],
]

test.concurrent.each(outOfReach)(
  'P7: %s (%p): clients keep the last price, readiness and metrics say why, and prices are back 5 s after the exchange, whatever the chance',
  async (name, amount) => {
    for (const [seed, most] of [
      [1, 40_000],
      [2, 120_000],
      [3, 595_000],
    ] as const) {
      await using outage = await open({ seed })
      const { exchange } = outage
      const client = await outage.listen()
      await reached(outage)
      const last = await shown(outage)
      if (name === 'gone') await exchange.leave()
      else exchange.fault(name, amount)
      if (name !== 'stall') exchange.drop()
      const began = outage.clock.now()
      await outage.pass(30_000 + seeded(seed)() * (most - 30_000), 500)
      const lasted = Math.floor((outage.clock.now() - began) / 1_000)
      expect(await outage.metric('upstream_up')).toBe(0)
      expect(await outage.readyz()).toEqual({
        status: 200,
        pledge: expect.stringMatching(/^down for \d+ s \(.+\); PLGR-USDT \d+ s old \(stale\)$/),
      })
      const age = await outage.metric('upstream_age_seconds')
      expect(age).toBeGreaterThanOrEqual(lasted)
      const quote = await outage.quote()
      expect(quote).toMatchObject({ price: last, stale: true, age_ms: age * 1_000 })
      // Who comes now sees the last price, and who was there hears nothing.
      const late = await outage.listen()
      expect(await late.text()).toBe(`{"code":0,"data":"${last}"}`)
      expect(await late.upTo('ping', ({ code }) => code === 1)).toEqual([])
      await caughtUp(client)
      const before = client.frames.length
      exchange.heal()
      const back = await shown(outage, 5_000)
      await client.until(() => client.frames.at(-1)!.includes(back), 'price')
      expect(client.frames.length).toBeGreaterThan(before)
      await late.until(() => late.frames.at(-1)?.includes(back) === true, 'price')
      expect(logged(outage)).toEqual(['exchange connected', 'exchange lost', 'exchange connected'])
      // Tries that still hung are given up as soon as one is through.
      await outage.server.settled(() => exchange.open === 1)
      expect(await outage.metric('upstream_up')).toBe(1)
      expect((await outage.readyz()).pledge).toBe('up; PLGR-USDT 0 s old')
      expect(await outage.quote()).toMatchObject({ stale: false })
      sound(outage, client.frames)
      sound(outage, late.frames)
    }
  },
)

/** Faults that prices get through, and how long one may take at most. */
const passable: [FaultName, number | true, number][] = [
  ['late-welcome', 3_000, 8_000],
  ['drop', 1, 5_000],
  ['drop', 10, 5_000],
  ['no-pong', true, 5_000],
  ['malformed', true, 1_000],
  ['repeat', true, 1_000],
  ['token-once', true, 1_000],
]

test.concurrent.each(passable)(
  'P9: through %s (%p) prices go on, within %p ms and each once, with nothing made up',
  async (name, amount, most) => {
    await using outage = await open({ seed: 5 })
    const { exchange } = outage
    const client = await outage.listen()
    await reached(outage)
    exchange.fault(name, amount)
    for (let round = 0; round < 30; round++) {
      if (name === 'late-welcome' && round % 10 === 0) exchange.drop()
      await shown(outage, most)
      await outage.pass(1_000)
    }
    await caughtUp(client)
    expect(client.frames.length).toBeGreaterThan(30)
    expect(new Set(client.frames).size).toBe(client.frames.length)
    sound(outage, client.frames)
    const lost = logged(outage).filter((event) => event === 'exchange lost').length
    const harmless = ['malformed', 'repeat', 'token-once'].includes(name)
    expect({ name, lost: lost > 0 }).toEqual({ name, lost: !harmless })
    exchange.heal()
    await shown(outage)
  },
)

test('P9: of frames that are none only a number is kept, and the connection stays', async () => {
  await using outage = await open()
  await reached(outage)
  outage.exchange.fault('malformed')
  for (let price = 0; price < 50; price++) {
    outage.tell()
    await outage.pass(100)
  }
  expect(outage.exchange.connects).toHaveLength(1)
  expect(await outage.metric('upstream_unreadable_total')).toBeGreaterThan(20)
})

test('P8: of a thousand prices a second clients get twenty, the newest, and the last one', async () => {
  await using outage = await open({ exchange: { rate: 2 } })
  const client = await outage.listen()
  await outage.until(() => client.frames.length > 0, 5_000, 'price')
  outage.exchange.fault('burst')
  await outage.pass(500, 10)
  await caughtUp(client)
  const before = client.frames.length
  const began = outage.exchange.market(symbol).sequence
  await outage.pass(2_000, 10)
  const { price, sequence } = outage.exchange.market(symbol)
  expect(sequence - began).toBeGreaterThanOrEqual(2_000n)
  outage.exchange.fault('burst', 0)
  await outage.pass(50, 10)
  await client.until(() => client.frames.at(-1) === `{"code":0,"data":"${price}"}`, 'last price')
  expect(client.frames.length - before).toBeGreaterThanOrEqual(40)
  expect(client.frames.length - before).toBeLessThanOrEqual(42)
  expect(outage.exchange.connects).toHaveLength(1)
})

test.each([false, true])(
  'P7: sequences that begin anew (connection cut: %p) hold prices up for stale_after, and let no older one through',
  async (cut) => {
    await using outage = await open({ staleAfter: 10_000 })
    const client = await outage.listen()
    await reached(outage)
    await outage.pass(2_000)
    await caughtUp(client)
    const before = client.frames.length
    outage.exchange.fault('begin-anew')
    if (cut) outage.exchange.drop()
    await outage.pass(1_000)
    outage.tell()
    await outage.pass(9_000)
    outage.tell()
    await outage.pass(500)
    await caughtUp(client)
    expect(client.frames).toHaveLength(before)
    await shown(outage, 2_000)
    sound(outage, client.frames)
  },
)

test('P7, P9: an exchange that tells nothing but rubbish makes no price, the last one is called stale, and good ones are taken at once', async () => {
  await using outage = await open()
  const client = await outage.listen()
  const last = await reached(outage)
  await caughtUp(client)
  const before = client.frames.length
  outage.exchange.fault('rubbish')
  for (let price = 0; price < 600; price++) {
    outage.tell()
    await outage.pass(100)
  }
  expect(await outage.quote()).toMatchObject({ price: last, stale: true })
  await caughtUp(client)
  expect(client.frames).toHaveLength(before)
  outage.exchange.heal()
  await shown(outage)
  sound(outage, client.frames)
})

test('P7: a token that is over costs one more try and no wait', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    await using outage = await open({ seed })
    await reached(outage)
    const { asked } = outage.exchange
    outage.exchange.fault('token-over')
    outage.exchange.drop()
    await outage.until(async () => outage.exchange.asked > asked, 1_100, 'try')
    outage.exchange.heal()
    await shown(outage, 300)
    sound(outage, [])
  }
})

test('P7: a server of the list that is dead keeps nobody away for long', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    await using outage = await open({ seed })
    await reached(outage)
    outage.exchange.fault('dead-server')
    for (let cut = 0; cut < 3; cut++) {
      outage.exchange.drop()
      await shown(outage, minute)
      await outage.pass(minute)
    }
    sound(outage, [])
  }
})

test('P7: a message too large to be one ends the connection, and the price behind it is not taken', async () => {
  await using outage = await open()
  const client = await outage.listen()
  await reached(outage)
  outage.exchange.fault('huge-frame')
  await caughtUp(client)
  const before = client.frames.length
  outage.tell()
  const lost = async () => (await outage.metric('upstream_up')) === 0
  await outage.until(lost, 1_000, 'end')
  await caughtUp(client)
  expect(client.frames).toHaveLength(before)
  outage.exchange.heal()
  await shown(outage)
  sound(outage, client.frames)
})

test('P7: a connection that falls silent is noticed by its missing pong, while nothing is sold as fresh', async () => {
  for (const seed of [1, 2, 3]) {
    await using outage = await open({ seed })
    await reached(outage)
    await outage.pass(1_000 + 15_000 * seeded(seed)())
    outage.exchange.fault('stall')
    await outage.pass(1_000)
    outage.exchange.heal()
    // A ping every 17 s, 10 s for its pong, and a first try.
    await shown(outage, 29_000)
    expect(outage.exchange.connects).toHaveLength(2)
    sound(outage, [])
  }
})

test('P7, P11: a server that starts without its exchange serves nobody a made-up price, and finds it later', async () => {
  const setting = { required: true }
  await using outage = await open({ ...setting, before: (exchange) => exchange.leave() })
  const client = await outage.listen()
  await outage.pass(minute)
  expect(await client.upTo('ping', ({ code }) => code === 1)).toEqual([])
  expect(await outage.quote()).toEqual({
    symbol,
    price: null,
    at: null,
    age_ms: null,
    stale: true,
  } as never)
  const { status, pledge } = await outage.readyz()
  expect(status).toBe(503)
  expect(pledge).toMatch(/^down for 6\d s \(token: .+\); PLGR-USDT without a price$/)
  await outage.exchange.comeBack()
  await shown(outage)
  expect((await outage.readyz()).status).toBe(200)
  expect(client.frames.length).toBeGreaterThan(0)
  sound(outage, client.frames)
})

test('P2, P7: the last price survives a restart in the middle of an outage, and is called stale', async () => {
  await using outage = await open()
  const last = await reached(outage)
  await outage.pass(2_000)
  await outage.exchange.leave()
  await outage.pass(3_000)
  await using server = await outage.server.restart()
  const client = await server.connect('/pledge/ws')
  expect(await client.text()).toBe(`{"code":0,"data":"${last}"}`)
  const quote = await (await server.fetch('/api/v21/price')).json()
  expect(quote).toMatchObject({ price: last, stale: true })
  await outage.exchange.comeBack()
  await outage.pass(5_000)
  const next = outage.tell()
  expect(await client.text()).toBe(`{"code":0,"data":"${next}"}`)
})

test('P7: after more than ten minutes tries are up to 30 s apart', async () => {
  await using outage = await open()
  await reached(outage)
  await outage.exchange.leave()
  await outage.pass(11 * minute, 250)
  const asked = await outage.metric('upstream_reconnects_total')
  await outage.pass(10 * minute, 250)
  const tries = (await outage.metric('upstream_reconnects_total')) - asked
  expect(tries).toBeGreaterThan(20)
  expect(tries).toBeLessThan(60)
  await outage.exchange.comeBack()
  await shown(outage, 31_000)
  sound(outage, [])
})

test('P7: a hundred reconnects leave no socket, no timer and no file behind', async () => {
  await using outage = await open()
  const { exchange } = outage
  const client = await outage.listen()
  async function cycle(fault: FaultName | null): Promise<void> {
    if (fault !== null) exchange.fault(fault)
    exchange.drop()
    await outage.pass(12_000, 250)
    exchange.heal()
    await shown(outage)
    // Old lines may go on for a moment.
    await outage.pass(11_000, 250)
  }
  await reached(outage)
  await cycle(null)
  const before = { timers: outage.timers, files: files() }
  const faults = [null, 'no-welcome', 'no-ack', 'token-hang', 'token-huge', 'error'] as const
  for (let round = 0; round < 100; round++) await cycle(faults[round % faults.length]!)
  expect(exchange.connects.length).toBeGreaterThan(100)
  expect(exchange.open).toBe(1)
  expect(outage.timers).toBeLessThanOrEqual(before.timers)
  expect(files()).toBeLessThanOrEqual(before.files + 4)
  expect(client.closed).toBeNull()
  sound(outage, client.frames)
})

test.each(['no-welcome', 'no-ack', 'token-hang', 'stall', 'token-500'] as const)(
  'P7: a server that stops while it tries (%s) tries no more and leaves nothing behind',
  async (fault) => {
    await using outage = await open({ before: (exchange) => exchange.fault(fault) })
    await outage.pass(7_000)
    expect(outage.exchange.asked).toBeGreaterThan(1)
    await outage.server.stop()
    await outage.server.settled(() => outage.exchange.open === 0)
    const { asked } = outage.exchange
    await outage.pass(minute)
    expect(outage.exchange.asked).toBe(asked)
    // What is left is the sweep of the exchange.
    expect(outage.timers).toBe(1)
  },
)

test('P7: before its 24 hours are over a connection is replaced, and not one price is missed', async () => {
  // Pings this far apart let time pass in long steps.
  const exchange = { pingInterval: 600_000, pingTimeout: 300_000 }
  await using outage = await open({ exchange })
  const client = await outage.listen()
  await reached(outage)
  await outage.pass(23 * 60 * minute - 10_000, minute)
  expect(outage.exchange.connects).toHaveLength(1)
  const from = outage.told.size
  // A price each 100 ms all through the change.
  for (let price = 0; price < 400; price++) {
    await outage.arrived(outage.tell())
    await outage.pass(100)
  }
  await outage.pass(minute)
  expect(outage.exchange.connects).toHaveLength(2)
  expect(outage.exchange.open).toBe(1)
  await outage.pass(2 * 60 * minute, minute)
  expect(outage.exchange.connects).toHaveLength(2)
  expect(logged(outage)).toEqual(['exchange connected'])
  await caughtUp(client)
  const missed = [...outage.told]
    .slice(from)
    .filter((price) => !client.frames.includes(`{"code":0,"data":"${price}"}`))
  expect(missed).toEqual([])
  expect(await outage.metric('upstream_up')).toBe(1)
  sound(outage, client.frames)
})
