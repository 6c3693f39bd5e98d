import { afterEach, expect, test } from 'bun:test'
import { noBrowser, tab } from '../browser.ts'
import { cleanUp, serve } from '../cli/server.ts'
import { casino } from '../systems/crash/casino.ts'
import { balance, enter, passUntil, shown, slot, standing } from './crash-table.ts'

afterEach(cleanUp)

test.skipIf(noBrowser)(
  'a token behind the address lets a player in, who bets and cashes out by keys and by clicks (needs chromium)',
  async () => {
    await using place = await casino({ points: [1_000] })
    using page = await tab()
    await place.until('betting')
    await enter(page, place)
    expect(await page.run<string>('location.href')).toBe(`${place.server.url}/crash`)
    await page.shows('Alice')
    // Of one colour below the content, too.
    await page.until(
      `getComputedStyle(document.documentElement).backgroundColor === 'rgb(243, 245, 249)'`,
    )
    await page.until(`getComputedStyle(document.body).backgroundColor === 'rgba(0, 0, 0, 0)'`)
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
    await page.until(standing(1, 'This is no amount that can be bet'))
    await page.fill(`${slot(1)} input[name=amount]`, ' ')
    await page.click(`${slot(1)} .act`)
    await page.until(standing(1, 'Enter an amount'))
    await page.fill(`${slot(1)} input[name=amount]`, '9990')
    await page.fill(`${slot(1)} input[name=auto1]`, '1.00')
    await page.click(`${slot(1)} .act`)
    await page.until(standing(1, 'from 1.01 on'))
    for (const [auto, reason] of [
      ['1.005', 'two decimals at most'],
      ['1e9', 'from 1.01 to 1,000,000.'],
      ['01.50', 'two decimals at most'],
      ['1000000.01', 'from 1.01 to 1,000,000.'],
    ] as const) {
      await page.fill(`${slot(1)} input[name=auto1]`, auto)
      await page.click(`${slot(1)} .act`)
      await page.until(standing(1, reason))
    }
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
