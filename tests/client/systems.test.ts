import { afterEach, describe, expect, test } from 'bun:test'
import { crash, type CrashOptions } from '../../src/client/crash.ts'
import { dcs, type DcsMessage } from '../../src/client/dcs.ts'
import { locallife, type LocallifeOptions } from '../../src/client/locallife.ts'
import { miniProgramSocket } from '../../src/client/mini-program.ts'
import { pledge } from '../../src/client/pledge.ts'
import { casino } from '../systems/crash/casino.ts'
import { partner } from '../systems/dcs/scenario.ts'
import { floor } from '../systems/pledge/scenario.ts'
import { town, type Town } from '../systems/locallife/scenario.ts'
import { start } from '../fixture.ts'
import { cutter } from './cutter.ts'
import { hurried, until } from './time.ts'

const clients: { close(): void }[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})
function kept<Client extends { close(): void }>(client: Client): Client {
  clients.push(client)
  return client
}
const wsOf = (url: string) => url.replace('http', 'ws')
const common = { clock: hurried, tries: Infinity }

describe('dcs', () => {
  test('cuts and rotations lose no version and tell none twice', async () => {
    await using server = await start({ limits: { handshakes_per_ip_per_minute: 100_000 } })
    const acme = await partner(server, 'acme')
    using way = cutter(server.url)
    const told: DcsMessage[] = []
    const client = kept(
      dcs({
        ...common,
        url: `${wsOf(way.url)}/ws`,
        channel: () => acme.channel(),
        on: { message: (message) => void told.push(message) },
      }),
    )
    for (let n = 0; n < 60; n++) {
      await acme.tell(`u${n}`)
      if (n % 2 === 0) way.cut()
      // Each new channel ends the one before with 4404.
      if (n % 7 === 0) await acme.channel()
      if (n % 3 === 0)
        await until(
          () => client.state.name === 'open',
          () => client.state,
        )
    }
    await until(
      () => told.length === 60,
      () => told.length,
    )
    expect(told.map(({ version }) => Number(version))).toEqual(told.map((_, index) => index + 1))
    expect(told.at(-1)).toMatchObject({ externalUserId: 'u59', type: 'KYC_STATUS' })
    expect(client.last).toBe('60')
  })

  test('what is no longer kept is told as a gap before what comes', async () => {
    await using server = await start()
    const acme = await partner(server, 'acme')
    await acme.tell('u1')
    await acme.tell('u2')
    await server.host.store.prune(server.clock.now() + 1, server.clock.now())
    const told: string[] = []
    const client = kept(
      dcs({
        ...common,
        url: `${wsOf(server.url)}/ws`,
        after: '1',
        async channel(last) {
          const { code } = await acme.call('/websocket/v1/search', `from=${Number(last) + 1}`)
          const channel = await acme.channel()
          return code === 'HISTORY_GONE' ? { channel, kept: false } : channel
        },
        on: {
          gap: () => void told.push('gap'),
          message: ({ version }) => void told.push(version),
        },
      }),
    )
    await until(
      () => client.state.name === 'open',
      () => client.state,
    )
    await acme.tell('u3')
    await until(
      () => told.length === 2,
      () => told,
    )
    expect(told).toEqual(['gap', '3'])
  })
})

describe('locallife', () => {
  async function rita(city: Town, options: Partial<LocallifeOptions> = {}, base = city.server.url) {
    const told: string[] = []
    const client = kept(
      locallife({
        ...common,
        url: `${wsOf(base)}/v1/ws`,
        token: () => city.token('rita'),
        on: { notification: ({ title }) => void told.push(title) },
        ...options,
      }),
    )
    await until(
      () => client.state.name === 'open',
      () => client.state,
    )
    return { client, told }
  }

  test('each notice is handled once, in order, and acknowledged, whatever is cut', async () => {
    await using city = await town({ limits: { handshakes_per_ip_per_minute: 100_000 } })
    await city.rider('rita', 'west')
    using way = cutter(city.server.url)
    const { client, told } = await rita(city, {}, way.url)
    for (let n = 0; n < 40; n++) {
      await city.note('rider:rita', `n${n}`)
      if (n % 2 === 0) way.cut()
      if (n % 3 === 0)
        await until(
          () => client.state.name === 'open',
          () => client.state,
        )
    }
    await until(
      () => told.length >= 40,
      () => told,
    )
    expect(told).toEqual(Array.from({ length: 40 }, (_, index) => `n${index}`))
    await until(
      () => client.last === 40,
      () => client.last,
    )
    // Another device is told what still waits: nothing.
    await city.pass(1_000)
    const other = await city.connect('rita', '&role=rider')
    expect(await other.upTo({ type: 'ping' }, ({ type }) => type === 'pong')).toEqual([])
  })

  test('a notice whose handler fails is not acknowledged, and is handled again when it is told again', async () => {
    await using city = await town()
    await city.rider('rita', 'west')
    const titles: string[] = []
    let fails = true
    const { client } = await rita(city, {
      on: {
        async notification({ title }) {
          titles.push(title)
          if (title === 'two' && fails) throw new Error('no paper in the printer')
        },
      },
    })
    for (const title of ['one', 'two', 'three']) await city.note('rider:rita', title)
    await until(
      () => titles.length === 3,
      () => titles,
    )
    await until(
      () => client.last === 1,
      () => client.last,
    )
    fails = false
    await city.pass(11_000)
    await until(
      () => titles.length === 4,
      () => titles,
    )
    await until(
      () => client.last === 3,
      () => client.last,
    )
    expect(titles).toEqual(['one', 'two', 'three', 'two'])
  })

  test('it works over the sockets of a mini-program', async () => {
    await using city = await town()
    await city.rider('rita', 'west')
    const urls: string[] = []
    const wx = {
      connectSocket({ url }: { url: string }) {
        urls.push(url)
        const socket = new WebSocket(url)
        return {
          onOpen: (run: () => void) => void (socket.onopen = run),
          onMessage: (run: (message: { data: unknown }) => void) =>
            void (socket.onmessage = ({ data }) => run({ data })),
          onClose: (run: (closed: { code: number; reason: string }) => void) =>
            void (socket.onclose = ({ code, reason }) => run({ code, reason })),
          onError: (run: () => void) => void (socket.onerror = run),
          send: ({ data }: { data: string }) => socket.send(data),
          close: ({ code, reason }: { code?: number; reason?: string }) =>
            socket.close(code, reason),
        }
      },
    }
    const { client, told } = await rita(city, { WebSocket: miniProgramSocket(wx) })
    await city.note('rider:rita', 'hello')
    await until(
      () => told.length === 1,
      () => told,
    )
    client.close()
    expect([told, urls.length]).toEqual([['hello'], 1])
  })
})

describe('pledge', () => {
  test('the last price is there after each connect', async () => {
    await using market = await floor()
    using way = cutter(market.server.url)
    const prices: string[] = []
    const client = kept(
      pledge({
        ...common,
        url: `${wsOf(way.url)}/api/v21/price`,
        on: { price: (price) => void prices.push(price) },
      }),
    )
    await until(
      () => client.state.name === 'open',
      () => client.state,
    )
    market.tell('0.0027')
    await until(
      () => prices.length === 1,
      () => prices,
    )
    way.cut()
    await until(
      () => prices.length === 2,
      () => prices,
    )
    expect([prices, client.price]).toEqual([['0.0027', '0.0027'], '0.0027'])
  })
})

describe('crash', () => {
  async function alice(house: Awaited<ReturnType<typeof casino>>, base: string) {
    const heard: string[] = []
    const options: CrashOptions = {
      ...common,
      url: `${wsOf(base)}/crash/ws`,
      token: () => house.token('alice'),
      on: {
        snapshot: ({ phase }) => void heard.push(`snapshot ${phase}`),
        AUTH_RESPONSE: ({ playerId }) => void heard.push(playerId),
        CRASH_PHASE_CHANGE: ({ phase }) => void heard.push(phase),
      },
    }
    const client = kept(crash(options))
    await until(
      () => heard.includes('alice'),
      () => heard,
    )
    return { client, heard }
  }
  const bet = (amount: string) => ({ crash: { slots: [{ slotId: 1, amount }] } })

  test('a bet, a cash-out and their refusals come back to who asked', async () => {
    await using house = await casino()
    const { client, heard } = await alice(house, house.server.url)
    expect(heard).toEqual(['snapshot betting', 'alice'])
    const placed = await client.request('PLACE_BET', bet('100.00'))
    expect(placed).toMatchObject({ slots: [{ slotId: 1, status: 'active' }], balance: '9900.00' })
    await expect(client.request('PLACE_BET', bet('1.00'))).rejects.toMatchObject({
      code: 'MAX_BETS_EXCEEDED',
      details: { httpStatus: 400 },
    })
    await house.until('flying')
    await house.pass(500)
    const { results } = await client.request('CASH_OUT', { slotId: 1 })
    expect(results).toHaveLength(1)
    expect(heard).toContain('flying')
  })

  test('a bet whose answer was lost with the connection is asked again and taken once', async () => {
    await using house = await casino({
      flags: { limits: { handshakes_per_ip_per_minute: 100_000 } },
    })
    using way = cutter(house.server.url)
    const { client } = await alice(house, way.url)
    for (let n = 1; n <= 20; n++) {
      const answered = client.request('PLACE_BET', bet('10.00'))
      if (n % 2 === 0) await Promise.resolve()
      way.cut()
      expect((await answered).balance).toBe('9990.00')
      expect((await client.request('CANCEL_BET', { slotId: 1 })).balance).toBe('10000.00')
    }
    expect(await house.balance('alice')).toBe('10000.00')
  })

  test('the offset to the server’s clock comes from the answers to pings', async () => {
    await using house = await casino()
    const { client } = await alice(house, house.server.url)
    await until(
      () => client.offset !== 0,
      () => client.offset,
    )
    const real = house.server.clock.now() - Date.now()
    expect(Math.abs(client.offset - real)).toBeLessThan(5_000)
  })
})
