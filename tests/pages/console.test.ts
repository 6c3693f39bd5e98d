import { afterEach, expect, test } from 'bun:test'
import { views } from '../../src/pages/console/views.ts'
import { makeKey } from '../console/visitor.ts'
import { noBrowser, tab, type Tab } from '../browser.ts'
import { cleanUp, serve } from '../cli/server.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { ask, bets, casino } from '../systems/crash/casino.ts'

afterEach(cleanUp)

/** Logs in with a key, at a view. */
async function enter(page: Tab, { url }: Pick<Fixture, 'url'>, view: string, key = serverKey) {
  await page.go(`${url}/console#${view}`)
  await page.fill('input[name=key]', key)
  await page.press('Enter')
  await page.until(`document.querySelector('nav.tabs') !== null`)
}

/** Goes to another place of the page, as a link does. */
const visit = (page: Tab, hash: string) => page.run(`(location.hash = ${JSON.stringify(hash)}, 0)`)

/** Opens what is folded. */
const unfold = (page: Tab, selector: string) =>
  page.run(`(document.querySelector(${JSON.stringify(selector)}).open = true, 0)`)

/** Chooses in the first select a selector finds, as a user does. */
const choose = (page: Tab, selector: string, value: string) =>
  page.run(
    `(() => { const field = document.querySelector(${JSON.stringify(selector)}); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event('change', { bubbles: true })); return 0 })()`,
  )

/** Ann of family f1, connected and welcomed. */
async function ann(server: Fixture) {
  const client = await server.connect(
    `/jive/ws?token=${await server.token('ann', { families: ['f1'] })}`,
  )
  expect(await client.text()).toContain('Connected')
  return client
}

test.skipIf(noBrowser)(
  'whoever is connected is found, looked at frame by frame, and sent away after a question (needs chromium)',
  async () => {
    await using server = await start({ systems: ['jive', 'crash'] })
    const client = await ann(server)
    using page = await tab()
    await enter(page, server, 'overview')
    await page.until(
      `document.querySelector('.chart .plot')?.ariaLabel.includes('jive 1') && document.querySelector('.u-wrap canvas')`,
    )
    await page.shows('Readiness')
    await page.click('a[href="#connections"]')
    await page.shows('1 of 1 shown')
    await page.fill('input[name=user]', 'nobody')
    await page.press('Enter')
    await page.shows('Nobody is connected who fits.')
    await page.fill('input[name=user]', 'ann')
    await page.press('Enter')
    await page.until(`document.querySelector('td a')`)
    await page.click('td a')
    await page.shows('Nothing yet.')
    await page.until(`document.querySelector('.view .status .good')`)
    client.send({ command: 'Ping' })
    await page.shows('"Ping"')
    // Escape leaves everything as it is.
    await page.click('.view button.danger')
    await page.shows('curl -X DELETE')
    await page.press('Escape')
    await page.until(`document.querySelector('dialog') === null`)
    expect(client.closed).toBe(null)
    await page.click('.view button.danger')
    await page.click('dialog button[type=submit]')
    expect((await client.close()).code).toBe(4403)
    await page.shows('Nobody is connected who fits.')
    expect(page.complaints).toEqual([])
  },
  30_000,
)

test.skipIf(noBrowser)(
  'a message made in the form arrives at a client, stands in the history and in the stream, and is explained (needs chromium)',
  async () => {
    await using server = await start({ systems: ['jive'] })
    const client = await ann(server)
    using page = await tab()
    await enter(page, server, 'channels/jive/user:ann')
    await page.until(`document.querySelector('details.publish')`)
    await unfold(page, 'details.publish')
    // The form begins with a notice: that is what people publish by hand.
    expect(await page.run<string>(`document.querySelector('.publish select').value`)).toBe(
      'Notification',
    )
    await page.fill('input[name=level]', 'info')
    await page.fill('input[name=title]', "Ann's")
    await page.fill('textarea[name=message]', 'from the console')
    await page.shows(
      `fanfare publish jive/user:ann Notification '{"level":"info","title":"Ann'\\''s"`,
    )
    await page.click('.publish button[type=submit]')
    await page.shows('Published: id 1, version 1, listeners 1')
    expect(await client.text()).toContain("Ann's")

    // Why she got it, and why Bob did not.
    await page.click('td a[href^="#deliveries"]')
    await page.fill('input[name=user]', 'ann')
    await page.press('Enter')
    await page.until(`document.querySelectorAll('.steps .yes').length === 4`)
    await server.publish('jive/user:bob', 'Notification', {
      level: 'info',
      title: 'Missed',
      message: 'Nobody is there',
    })
    await visit(page, '#deliveries?user=bob&channel=jive%2Fuser%3Abob&version=1')
    await page.shows('"bob" was not connected to this node then')
    expect(
      await page.run<string[]>(
        `[...document.querySelectorAll('.steps li')].map(({ className }) => className)`,
      ),
    ).toEqual(['yes', 'no', 'no', 'no', 'unknown'])

    await visit(page, '#live?system=jive')
    await page.until(`document.querySelector('.view .status .good')`)
    await page.click('button.pause')
    await server.publish('jive/user:bob', 'Notification', {
      level: 'info',
      title: 'Later',
      message: 'while it is paused',
    })
    await page.shows('Go on (1 waiting)')
    await page.click('button.pause')
    await page.shows('while it is paused')
    await page.fill('input[name=filter]', 'not in it')
    await page.shows('Nothing fits the filter.')
    expect(page.complaints).toEqual([])
  },
  30_000,
)

test.skipIf(noBrowser)(
  'the game is seen while it runs, its books are audited, and its past rounds lead to their proof (needs chromium)',
  async () => {
    await using house = await casino({ points: [200] })
    const { server } = house
    await house.call('POST', '/api/wallets/ann/credit', 200, {
      amount: '100.00',
      tx_id: 't1',
    })
    const player = await house.play('ann')
    await ask(player, bets('b', '10.00'))
    using page = await tab()
    await enter(page, server, 'crash')
    // Told when the page comes; the crash point of the round is not.
    await page.until(
      `[...document.querySelectorAll('th')].some((head) => head.textContent === 'Staked' && head.nextSibling.textContent === '10.00 USD')`,
    )
    await page.until(`document.querySelector('.view section > .buttons button')`)
    await page.click('.view section > .buttons button')
    await page.shows('the books are right')
    await page.shows('bets: 1,')
    expect(await page.run<string>('document.body.innerText')).not.toContain('2.00×')
    await house.until('waiting')
    await page.until(`document.querySelector('td a[href^="/crash/verify#"]')`)
    await page.shows('2.00×')
    await visit(page, '#configuration')
    await page.fill('input[name=search]', 'crash.scenario')
    await page.until(`document.querySelectorAll('tbody tr').length < 5`)
    expect(page.complaints).toEqual([])
  },
  30_000,
)

test.skipIf(noBrowser)(
  'who may only look has no button that changes anything (needs chromium)',
  async () => {
    await using server = await start({ systems: ['jive', 'crash'] })
    await ann(server)
    const key = makeKey(server, 'eyes', ['read'])
    using page = await tab()
    await enter(page, server, 'connections', key)
    await page.shows('looking only')
    await page.until(`document.querySelector('td a')`)
    const id = await page.run<string>(`document.querySelector('td a').textContent`)
    for (const [place, text] of [
      ['#connections?system=jive&user=ann', '1 of 1 shown'],
      [`#connections/${id}`, 'Silent for'],
      ['#channels/jive/user:ann', 'Nothing is kept here.'],
      ['#crash', 'Not audited'],
    ] as const) {
      await visit(page, place)
      await page.shows(text)
      await page.until(
        `!document.querySelector('.view .danger, .view .publish, .view section > .buttons button:not(.secondary)')`,
      )
    }
    expect(page.complaints).toEqual([])
  },
  30_000,
)

test.skipIf(noBrowser)(
  'a session that has ended asks for the key again and comes back to where it was, and a server that is gone is said so (needs chromium)',
  async () => {
    await using server = await start({ systems: ['jive'] })
    using page = await tab()
    await enter(page, server, 'logs')
    await page.shows('console login')
    await page.run(
      `fetch('/api/console/session', { method: 'DELETE', headers: { authorization: 'Bearer ' + sessionStorage.getItem('fanfare-console-token') } }).then(() => 0)`,
    )
    server.clock.advance(1_000)
    await page.shows('Your session has ended: log in again.')
    await page.fill('input[name=key]', 'nobody-has-this-key')
    await page.press('Enter')
    await page.shows('Server key missing or unknown')
    expect(await page.run<string>('document.body.innerText')).not.toContain('has ended')
    await page.fill('input[name=key]', serverKey)
    await page.press('Enter')
    await page.until(`document.querySelector('nav [aria-current]')?.hash === '#logs'`)
    await page.until(`document.querySelector('header .status .good')`)
    // What the browser itself says of the 401 is not the page's.
    expect(page.complaints.filter((one) => !one.includes('401'))).toEqual([])
    await server.stop()
    await page.shows('not connected, trying again')
  },
  30_000,
)

test.skipIf(noBrowser)(
  'a page that nobody sees asks for nothing, and goes on when somebody looks again (needs chromium)',
  async () => {
    await using server = await start({ systems: ['jive', 'crash'] })
    using page = await tab()
    // The audit is asked for every second, which is what would be seen here.
    await enter(page, server, 'crash')
    await page.shows('Not audited')
    const see = (seen: boolean) =>
      page.run(
        `(Object.defineProperty(document, 'hidden', { configurable: true, value: ${!seen} }), document.dispatchEvent(new Event('visibilitychange')), 0)`,
      )
    await page.run(
      `(() => { const real = fetch; window.asked = []; window.fetch = (...all) => (asked.push(all[0]), real(...all)); return 0 })()`,
    )
    await page.until(`asked.length >= 2`)
    await see(false)
    await page.until(`document.querySelector('header .status').textContent === 'paused'`)
    await page.run(`(asked.length = 0, 0)`)
    await Bun.sleep(1_500)
    expect(await page.run<string[]>('asked')).toEqual([])
    await see(true)
    await page.until(`document.querySelector('header .status').textContent === 'live'`)
    await page.until(
      `['/api/console/overview', '/api/console/crash/audit'].every((path) => asked.includes(path))`,
    )
    expect(page.complaints).toEqual([])
  },
  30_000,
)

test.skipIf(noBrowser)(
  'the link of the development server logs in once, and no view is wider than a phone, in either language (needs chromium)',
  async () => {
    const server = serve(['--dev'])
    const [url] = await server.urls()
    const [link = ''] = /http\S+\/console#once=\S+/.exec(server.out()) ?? []
    using page = await tab(390, 844)
    await page.go(link)
    await page.until(`document.querySelector('.tiles')`)
    expect(await page.run<string>('location.hash')).toBe('')
    for (const language of ['中文', 'English']) {
      await page.click('button.language')
      await page.until(
        `document.querySelector('button.language').textContent !== ${JSON.stringify(language)}`,
      )
      for (const view of views) {
        await visit(page, `#${view}`)
        await page.until(`document.querySelector('nav [aria-current]')?.hash === '#${view}'`)
        await page.until(`document.querySelector('.view form, .view table, .tiles, .search')`)
        const width = await page.run<number>('document.documentElement.scrollWidth')
        expect([view, width <= 390]).toEqual([view, true])
      }
    }
    // Secrets are hidden.
    await page.shows('***')
    expect(page.complaints).toEqual([])
    using other = await tab()
    await other.go(link)
    await other.shows('This link was used or has run out')
    expect(url).toBe(new URL(link).origin)
  },
  60_000,
)
