import { expect, test } from 'bun:test'
import { noBrowser, tab } from '../browser.ts'
import { cutter } from '../client/cutter.ts'
import { ask, casino, refused } from '../systems/crash/casino.ts'
import { balance, enter, passUntil, shown, slot, standing } from './crash-table.ts'

test.skipIf(noBrowser)(
  'a bet that is under way when the network fails is taken once, and shown when the page is back (R30; needs chromium)',
  async () => {
    await using place = await casino({
      crash: { scenario: { kind: 'latency', delay: 1_000, jitter: 0 }, betting: 60_000 },
    })
    using way = cutter(place.server.url)
    using page = await tab()
    const token = await place.token('alice')
    await page.go(`${way.url}/crash#token=${token}`)
    await passUntil(page, place, shown(`${slot(1)} .act.bet`))
    await page.press('1')
    await page.until(`document.querySelector('${slot(1)} .act').innerText === 'Placing …'`)
    while ((await place.balance('alice')) !== '9990.00') await place.pass(50)
    // The server has taken it, and its answer is still on the way.
    way.cut()
    await page.shows('Connection lost')
    await passUntil(page, place, standing(1, '10.00 in play'))
    await passUntil(page, place, balance('9,990.00'))
    const { entries } = await place.call('GET', '/api/wallets/alice/entries', 200)
    const paid = entries.filter(({ amount }: { amount: string }) => amount === '-10.00')
    expect(paid).toHaveLength(1)
    // The browser itself tells of connections that fail.
    expect(page.complaints.filter((one) => !one.includes('WebSocket'))).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'a page that comes back in flight goes on where the round is, and cashes out there (needs chromium)',
  async () => {
    await using place = await casino({ points: [1_000] })
    using way = cutter(place.server.url)
    using page = await tab()
    await place.until('betting')
    await enter(page, place, way.url)
    await page.until(shown(`${slot(1)} .act.bet`))
    await page.press('1')
    await page.until(balance('9,990.00'))
    await place.until('flying')
    await page.until(shown(`${slot(1)} .act.out`))
    way.cut()
    await page.shows('Connection lost')
    await page.until(`document.querySelector('${slot(1)} .act').disabled`)
    await place.pass(3_000)
    await page.until(shown(`${slot(1)} .act.out`))
    await page.until(`document.querySelector('.multiplier').innerText >= '1.56'`)
    await page.press('1')
    await page.until(standing(1, 'Won '))
    expect(Number(await place.balance('alice'))).toBeGreaterThanOrEqual(9_990 + 15.6)
    expect(page.complaints.filter((one) => !one.includes('WebSocket'))).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'who has no token sees everything and is told how to get in; one that does not hold is told so (needs chromium)',
  async () => {
    await using place = await casino({ points: [1_000] })
    const bob = await place.play('bob', { name: 'Bob' })
    using page = await tab()
    await place.until('betting')
    await page.go(`${place.server.url}/crash`)
    await page.shows('You are watching')
    await ask(bob, {
      ...{ i: '1', t: 'PLACE_BET' },
      ...{ p: { crash: { slots: [{ slotId: 1, amount: '25.00' }] } } },
    } as { i: string })
    await place.pass(100)
    await page.until(`document.querySelector('.players').innerText.includes('Bob')`)
    await place.until('flying')
    await page.until(shown('.sky.flying'))
    expect(await page.run<boolean>(`document.querySelector('.act').matches(':disabled')`)).toBe(
      true,
    )
    await page.fill('input[name=token]', 'not.a.token')
    await page.press('Enter')
    await page.shows('This token does not hold')
    await page.click('.try')
    await page.until(balance('10,000.00'))
    await page.click('.purse button')
    await page.shows('You are watching')
    // The operator sends a player away, who watches from then on.
    await page.fill('input[name=token]', await place.token('carol'))
    await page.press('Enter')
    await page.until(balance('10,000.00'))
    place.server.host.hub.channels('crash').closeUser('carol', 'forbidden')
    await page.shows('The server has ended your connection')
    const exp = Math.floor(place.server.clock.now() / 1_000) + 2
    await page.fill('input[name=token]', await place.token('dave', { exp }))
    await page.press('Enter')
    await page.until(balance('10,000.00'))
    await place.pass(3_000)
    await page.shows('Your token has expired')
    expect(page.complaints.filter((one) => !one.includes('WebSocket'))).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'play money goes on in a tab whose token has expired: the same player gets a new one (needs chromium)',
  async () => {
    await using place = await casino({ points: [1_000] })
    using page = await tab()
    await page.go(`${place.server.url}/crash`)
    await page.shows('You are watching')
    const asked = { playerId: 'dana', ttl: 2 }
    const { token } = await place.call('POST', '/api/crash/test/tokens', 200, asked, '')
    const pass = JSON.stringify({ token, playing: 'dana' })
    await page.run(`sessionStorage.setItem('fanfare-crash', ${JSON.stringify(pass)})`)
    await place.pass(3_000)
    expect((await refused(place, `/crash/ws?token=${token}`))[0]).toBe(401)
    await page.go(`${place.server.url}/crash`)
    await page.until(balance('10,000.00'))
    await page.shows('dana')
    expect(page.complaints).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'outside of development there is no play money to offer, and the page complains of nothing (needs chromium)',
  async () => {
    await using place = await casino({
      flags: { dev: false },
      crash: { scenario: undefined } as never,
    })
    using page = await tab()
    await page.go(`${place.server.url}/crash`)
    await page.shows('You are watching')
    await page.shows('USD')
    expect(await page.run<number>(`document.querySelectorAll('.try').length`)).toBe(0)
    expect(page.complaints).toEqual([])
  },
)
