import { expect, test } from 'bun:test'
import { noBrowser, tab, type Tab } from '../browser.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'

/** What of a view is a sentence in English: three words, one behind the other, that nobody has typed, configured or written for a terminal. */
const english = `(() => {
  const view = document.querySelector('.view, .login').cloneNode(true)
  for (const one of view.querySelectorAll('code, .recipe, option, [lang=en]')) one.remove()
  return view.textContent.replaceAll('fanfare crash chain salt VALUE', '').match(/[A-Za-z]+ [a-z]+ [a-z]+/g) ?? []
})()`
const unsaid = `document.querySelectorAll('.view [lang=en]').length`

/** Opens the page in Chinese; its button is what somebody would press. */
async function open(page: Tab, { url }: Fixture): Promise<void> {
  await page.go(`${url}/console#overview`)
  await page.until(`document.querySelector('button.language') !== null`)
  await page.click('button.language')
  await page.shows('登录')
}

async function enter(page: Tab, key = serverKey): Promise<void> {
  await page.fill('input[name=key]', key)
  await page.press('Enter')
}

const visit = (page: Tab, hash: string) => page.run(`(location.hash = ${JSON.stringify(hash)}, 0)`)

/** Rita, an approved rider who is online, and a notice for her that she misses. */
async function missed(server: Fixture): Promise<string> {
  const body = { status: 'approved', region_id: 'r1' }
  await server.fetch('/api/locallife/riders/rita', { method: 'PUT', body, token: serverKey })
  const rita = await server.token('rita', { aud: 'locallife' })
  await server.fetch('/v1/rider/online', { method: 'POST', body: { region_id: 'r1' }, token: rita })
  const notice = { title: 'a', content: 'b' }
  return (await server.publish('locallife/rider:rita', 'notification', notice)).id
}

test.skipIf(noBrowser)(
  'why a user got no message is told in Chinese to the last step, and so is a refusal, with what the server said small behind it (needs chromium)',
  async () => {
    await using server = await start({ systems: ['jive', 'locallife'] })
    const id = await missed(server)
    const ann = await server.connect(
      `/jive/ws?token=${await server.token('ann', { families: ['f1'] })}`,
    )
    await ann.next()
    const notice = { level: 'info', title: 'a', message: 'b' }
    await server.publish('jive/family:f1', 'Notification', notice)
    using page = await tab()
    await open(page, server)
    await enter(page, 'nobody-has-this-key')
    await page.shows('密钥、登录链接或会话无效')
    expect(await page.run<string>(`document.querySelector('.fault small').textContent`)).toBe(
      'UNAUTHORIZED: Server key missing or unknown',
    )
    expect(await page.run<string[]>(english)).toEqual([])
    await enter(page)
    await page.until(`document.querySelector('nav.tabs') !== null`)
    for (const [query, told] of [
      [`user=rita&system=locallife&id=${id}`, 'rita 当时未连接到此节点，此后也没有'],
      ['user=ann&channel=jive/family:f1&version=1', 'ann 有 1 个连接监听 jive/family:f1'],
      ['user=ann&channel=jive/user:ann&version=9', '没有保存 jive/user:ann 的版本 9'],
    ] as const) {
      await visit(page, `#deliveries?${query}`)
      await page.shows(told)
      const steps = `document.querySelectorAll('.steps li').length`
      expect([query, await page.run(steps)]).toEqual([query, 5])
      expect([query, await page.run(english), await page.run(unsaid)]).toEqual([query, [], 0])
    }
    await visit(page, '#deliveries?user=ann&channel=jive/room:x&version=1')
    await page.shows('不存在 NOT_FOUND: No channel "jive/room:x"')
    // What the browser itself says of refusals is not the page's.
    expect(page.complaints.filter((one) => !/40[14]/.test(one))).toEqual([])
  },
  30_000,
)

test.skipIf(noBrowser)(
  'settings and checks are told in Chinese, a setting is found by its meaning, and English is as it was (needs chromium)',
  async () => {
    await using server = await start({
      ...{
        systems: ['jive', 'pledge', 'crash'],
        crash: { chain_length: 100, salt_source: 'manual' },
      },
    })
    await server.settled(() => {
      server.clock.advance(300)
      return server.logged.some((line) => line.includes('Chain 1 waits for'))
    })
    using page = await tab()
    await open(page, server)
    await enter(page)
    await page.shows('存储')
    await page.shows('等待加盐：fanfare crash chain salt VALUE')
    expect([await page.run(english), await page.run(unsaid)]).toEqual([[], 0])
    await visit(page, '#configuration')
    await page.until(`document.querySelectorAll('tbody tr').length > 90`)
    expect([await page.run(english), await page.run(unsaid)]).toEqual([[], 0])
    const origins = await page.run<string[]>(
      `[...new Set([...document.querySelectorAll('tbody td:nth-child(3)')].map((cell) => cell.textContent.split(' ')[0]))]`,
    )
    expect(origins.sort()).toEqual(['环境变量', '默认'].sort())
    await page.fill('input[name=search]', '爆点')
    await page.until(`document.querySelectorAll('tbody tr').length === 1`)
    await page.shows('crash.max_multiplier')
    await page.click('button.language')
    await page.fill('input[name=search]', 'Highest crash point')
    await page.until(`document.querySelectorAll('tbody tr').length === 1`)
    await page.shows('Highest crash point of the next chain')
    await page.shows('default')
    await visit(page, '#overview')
    await page.shows('Chain 1 waits for "fanfare crash chain salt VALUE"')
    expect(page.complaints).toEqual([])
  },
  30_000,
)
