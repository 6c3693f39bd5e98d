import { afterEach, expect, test } from 'bun:test'
import { noBrowser, tab, type Tab } from '../browser.ts'
import { cleanUp, serve } from '../cli/server.ts'
import { cutter } from '../client/cutter.ts'
import { ask, casino, refused, type Casino } from '../systems/crash/casino.ts'

afterEach(cleanUp)

const slot = (slotId: number) => `.slot:nth-of-type(${slotId})`
const standing = (slotId: number, text: string) =>
  `document.querySelector('${slot(slotId)} .standing').innerText.includes('${text}')`
const balance = (text: string) =>
  `document.querySelector('.balance strong')?.innerText === '${text}'`
const shown = (selector: string) => `document.querySelector('${selector}') !== null`

/** Lets a player in by the address, as an application does; the page shows the balance then. */
async function enter(page: Tab, place: Casino, url = place.server.url): Promise<void> {
  const token = await place.token('alice', { name: 'Alice' })
  await page.go(`${url}/crash#token=${token}`)
  await page.until(balance('10,000.00'))
}
/** Lets time pass until the page shows something: the pauses of its client are those of the machine. */
async function passUntil(page: Tab, place: Casino, expression: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await page.run<boolean>(`Boolean(${expression})`)) return
    await place.pass(50)
    await Bun.sleep(10)
  }
  await page.until(expression)
}
test.skipIf(noBrowser)(
  'a token behind the address lets a player in, who bets and cashes out by keys and by clicks (needs chromium)',
  async () => {
    await using place = await casino({ points: [1_000] })
    using page = await tab()
    await place.until('betting')
    await enter(page, place)
    expect(await page.run<string>('location.href')).toBe(`${place.server.url}/crash`)
    await page.shows('Alice')
    await page.until(shown(`${slot(1)} .act.bet`))
    await page.press('1')
    await page.until(balance('9,990.00'))
    await page.click(`${slot(2)} [title=Double]`)
    await page.click(`${slot(2)} .act`)
    await page.until(balance('9,970.00'))
    await page.until(shown(`${slot(2)} .act.cancel`))
    await place.until('flying')
    await place.pass(2_000)
    await page.until(shown(`${slot(1)} .act.out`))
    // 2 s of flight are 1.34: the screen has caught up with what was told.
    await page.until(`document.querySelector('.multiplier').innerText >= '1.34'`)
    await page.press('Space')
    await page.until(standing(1, 'Won '))
    await page.until(standing(2, 'Won '))
    const purse = await place.balance('alice')
    expect(Number(purse)).toBeGreaterThanOrEqual(9_970 + 30 * 1.34)
    await page.until(balance(purse.replace(/(\d)(\d{3}\.)/, '$1,$2')))
    await place.until('waiting')
    await page.until(`document.querySelector('.multiplier').innerText === '10.00×'`)
    await page.until(`document.querySelectorAll('.results tbody tr').length === 2`)
    await page.until(shown(`.recent a[href^="/crash/verify#"]`))
    // The tab keeps token and results.
    await page.go(`${place.server.url}/crash`)
    await page.shows('Alice')
    await page.until(`document.querySelectorAll('.results tbody tr').length === 2`)
    expect(page.complaints).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'bets are taken back, cash out by themselves, wait for the next round, come again each round, and refusals are sentences (needs chromium)',
  async () => {
    await using place = await casino({ points: [200] })
    using page = await tab()
    await place.until('betting')
    await enter(page, place)
    await page.until(shown(`${slot(3)} .act.bet`))
    await page.press('3')
    await page.until(balance('9,990.00'))
    await page.press('3')
    await page.until(balance('10,000.00'))
    await page.fill(`${slot(1)} input[name=amount]`, '999999')
    await page.click(`${slot(1)} .act`)
    await page.until(standing(1, 'A bet is at most 10,000.00.'))
    await page.fill(`${slot(1)} input[name=amount]`, 'much')
    await page.click(`${slot(1)} .act`)
    await page.until(standing(1, 'Enter an amount'))
    await page.fill(`${slot(1)} input[name=amount]`, '9990')
    await page.fill(`${slot(1)} input[name=auto1]`, '1.00')
    await page.click(`${slot(1)} .act`)
    await page.until(standing(1, 'from 1.01 on'))
    await page.fill(`${slot(1)} input[name=auto1]`, '1.05')
    await page.click(`${slot(1)} .act`)
    await page.until(balance('10.00'))
    await page.click(`${slot(2)} [title=Double]`)
    await page.click(`${slot(2)} .act`)
    await page.until(standing(2, 'takes 20.00, and your balance is 10.00'))
    await place.until('flying')
    await passUntil(page, place, standing(1, 'Won 10,489.50 at 1.05×'))
    await page.until(balance('10,499.50'))
    // In flight a bet waits for the next round.
    await page.until(shown(`${slot(3)} .act.queue`))
    await page.run(`document.querySelector('input[name=repeat3]').click()`)
    await page.click(`${slot(3)} .act`)
    await page.until(standing(3, '10.00 waits for the next round'))
    await place.until('betting')
    await page.until(standing(3, '10.00 in play'))
    await place.until('flying')
    await place.until('waiting')
    await page.until(standing(3, 'Lost 10.00'))
    await place.until('betting')
    await page.until(standing(3, '10.00 in play'))
    await page.until(balance('10,479.50'))
    // The purse is emptied behind the page: the bets stop by themselves.
    await place.call('POST', '/api/wallets/alice/debit', 200, { amount: '10475', tx_id: 'd' })
    await place.until('flying')
    await place.until('betting')
    await page.until(standing(3, 'No more bets by itself'))
    expect(await page.run<boolean>(`document.querySelector('input[name=repeat3]').checked`)).toBe(
      false,
    )
    expect(page.complaints).toEqual([])
  },
)

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

test.skipIf(noBrowser)(
  'a phone shows the multiplier and the first bet without scrolling, nothing sideways, and everything in Chinese (needs chromium)',
  async () => {
    await using place = await casino({ points: [1_000] })
    using page = await tab(390, 844)
    await place.until('betting')
    await enter(page, place)
    await page.click('button.language')
    await page.shows('请下注')
    expect(await page.run<string>('document.documentElement.lang')).toBe('zh')
    const bottom = (selector: string) =>
      page.run<number>(`document.querySelector('${selector}').getBoundingClientRect().bottom`)
    await page.run('scrollTo(0, 0)')
    expect(await bottom('.multiplier')).toBeLessThan(300)
    expect(await bottom(`${slot(1)} .act`)).toBeLessThan(844)
    await page.fill(`${slot(1)} input[name=amount]`, '10000.01')
    await page.click(`${slot(1)} .act`)
    await page.until(standing(1, '每注至多 10,000.00。'))
    await page.click(`${slot(2)} .act`)
    await page.until(standing(2, '进行中'))
    await place.until('flying')
    await page.until(`document.querySelector('${slot(2)} .act').innerText.startsWith('兑现')`)
    expect(await page.run<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(page.complaints).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'the program itself serves the game, and whoever tries it out wins at their target (needs chromium)',
  async () => {
    const server = serve(['--dev'], {
      FANFARE_SYSTEMS: 'crash',
      FANFARE_LISTEN: '127.0.0.1:0=*',
      FANFARE_CRASH_SCENARIO: 'fixed:1.80',
      FANFARE_CRASH_CURVE: 'exp:0.0008',
      FANFARE_CRASH_BETTING: '1s',
      FANFARE_CRASH_WAITING: '1s',
    })
    const [url] = await server.urls()
    using page = await tab()
    await page.go(`${url}/crash`)
    await page.until(shown('.try'))
    await page.click('.try')
    await page.until(balance('10,000.00'))
    await page.fill('input[name=auto1]', '1.50')
    await page.run(`document.querySelector('input[name=repeat1]').click()`)
    await page.until(standing(1, 'Won 15.00 at 1.50×'))
    await page.until(`document.querySelector('.multiplier').innerText === '1.80×'`)
    await page.shows('1.80×')
    expect(page.complaints).toEqual([])
  },
)
