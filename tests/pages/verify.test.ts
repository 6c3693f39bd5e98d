import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { make } from '../../src/assets.ts'
import { programs } from '../../src/pages/verify/programs.ts'
import { noBrowser, tab, type Tab } from '../browser.ts'
import { cleanUp, serve } from '../cli/server.ts'
import { casino } from '../systems/crash/casino.ts'

afterEach(cleanUp)

/** A server on which two rounds of a chain are over, and the newest of them. */
async function played() {
  const house = await casino({ crash: { scenario: undefined } as never })
  const rounds = async () =>
    ((await (await house.server.fetch('/api/crash/rounds')).json()) as { rounds: any[] }).rounds
  const over = (all: any[]) => all.filter(({ status }) => status === 'ended')
  for (let tries = 0; tries < 3_000 && over(await rounds()).length < 2; tries++) {
    await house.pass(500)
  }
  const [newest, before] = over(await rounds())
  return { house, newest, before }
}
const marks = (page: Tab, kind: string) =>
  page.run<number>(`document.querySelectorAll('h3 .${kind}').length`)

test.skipIf(noBrowser)(
  'a round is recomputed step by step, back to the commitment, and a changed value shows where it breaks (needs chromium)',
  async () => {
    const { house, newest, before } = await played()
    await using _ = house
    using page = await tab()
    await page.go(`${house.server.url}/crash/verify#${newest.roundId}`)
    await page.shows('This round is what was promised.')
    expect(await page.run<string>('document.body.innerText')).toContain(before.hash)
    expect([await marks(page, 'right'), await marks(page, 'wrong')]).toEqual([2, 0])
    await page.until(`document.querySelector('header a[href="/"]').innerText === 'Front page'`)
    await page.click('li:last-child button')
    await page.until(`document.querySelectorAll('h3 .right').length === 3`)
    await page.click('summary')
    await page.fill('input[name=point]', '77.77')
    await page.shows('This round is not what was promised')
    expect([await marks(page, 'right'), await marks(page, 'wrong')]).toEqual([1, 1])
    await page.fill('input[name=hash]', 'not a hash')
    await page.shows('This cannot be right')
    await page.until(`document.querySelectorAll('h3').length === 0`)
    await page.shows('Nothing can be computed: check Hash of the round.')
    // Whoever has closed the values sees which one is wrong, and another one opens them.
    await page.click('summary')
    await page.until(`!document.querySelector('details').open`)
    await page.shows('check Hash of the round.')
    await page.run(
      `((salt) => (salt.value = '', salt.dispatchEvent(new Event('input', { bubbles: true })), 0))(document.querySelector('input[name=salt]'))`,
    )
    await page.shows('check Hash of the round; Salt.')
    await page.until(`document.querySelector('details').open`)
    // The other round is one click away.
    await page.click(`a[href='#${before.roundId}']`)
    await page.shows('This round is what was promised.')
    await page.click('button.language')
    await page.shows('本局与承诺一致。')
    expect(page.complaints).toEqual([])
    // Its proof does not stay beneath a round that is not there.
    await page.fill('#round', '7')
    await page.press('Enter')
    await page.shows('No such round')
    await page.until(`!document.body.innerText.includes('本局与承诺一致。')`)
  },
)

test.skipIf(noBrowser)(
  'a saved copy works without any server, and a phone shows it without scrolling sideways (needs chromium)',
  async () => {
    const { house, newest } = await played()
    const answer = await house.server.fetch(`/api/crash/rounds/${newest.roundId}`)
    const text = await answer.text()
    await house[Symbol.asyncDispose]()
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-verify-'))
    const file = join(folder, 'saved.html')
    writeFileSync(file, await make('verify.html'))
    using page = await tab(390, 800)
    await page.go(`file://${file}`)
    await page.shows('opened without its server')
    // Beside a file there is neither a front page nor a game.
    expect(await page.run<number>(`document.querySelectorAll('header a').length`)).toBe(0)
    await page.fill('#paste', text)
    await page.shows('This round is what was promised.')
    await page.click('li:last-child button')
    await page.until(`document.querySelectorAll('h3 .right').length >= 2`)
    expect(await page.run<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(page.complaints).toEqual([])
    rmSync(folder, { recursive: true })
  },
)

test.skipIf(noBrowser)(
  'the program leads to the page from what it prints, and the page proves a round of its own (needs chromium)',
  async () => {
    const server = serve(['--dev'], {
      FANFARE_SYSTEMS: 'crash',
      FANFARE_LISTEN: '127.0.0.1:0=*',
      FANFARE_CRASH_BETTING: '100ms',
      FANFARE_CRASH_WAITING: '100ms',
      FANFARE_CRASH_CURVE: 'exp:0.002',
    })
    await server.until('/crash/verify')
    using page = await tab()
    const [address = ''] = /http:\S+\/crash\/verify/.exec(server.out()) ?? []
    const rounds = new URL('/api/crash/rounds', address)
    const isOver = async () => (await (await fetch(rounds)).text()).includes('"ended"')
    while (!(await isOver())) await Bun.sleep(20)
    await page.go(address)
    await page.until(`document.querySelector('.rounds a')`)
    await page.click('.rounds a')
    await page.shows('This round is what was promised.')
    expect(page.complaints).toEqual([])
    server.child.kill('SIGTERM')
    expect(await server.child.exited).toBe(0)
  },
)

test.skipIf(noBrowser)(
  'a round nobody knows is said so, and the page goes on (needs chromium)',
  async () => {
    const { house, newest } = await played()
    await using _ = house
    using page = await tab()
    await page.go(`${house.server.url}/crash/verify`)
    await page.fill('#round', '7')
    await page.press('Enter')
    await page.shows('No such round')
    await page.fill('#round', newest.roundId)
    await page.press('Enter')
    await page.shows('This round is what was promised.')
    // The browser itself tells of the 404.
    expect(page.complaints.filter((one) => !one.includes('404'))).toEqual([])
  },
)

test('the programs on the page are those of docs/fairness.md, which a test runs', () => {
  const text = readFileSync(join(import.meta.dir, '../../docs/fairness.md'), 'utf8')
  expect(text).toContain(`\`\`\`js\n${programs.javascript}\`\`\``)
  expect(text).toContain(`\`\`\`python\n${programs.python}\`\`\``)
})
