import { afterEach, expect, test } from 'bun:test'
import { cleanUp, serve } from '../cli/server.ts'
import { noBrowser, tab } from '../browser.ts'

afterEach(cleanUp)

test.skipIf(noBrowser)(
  'the first address that the program prints leads to everything it has, in both languages, on a phone too (needs chromium)',
  async () => {
    const server = serve(['--dev'])
    await server.until('"systems":"internal"')
    const [address = ''] = /http:\S+/.exec(server.out().split('development mode')[1]!)!
    expect(new URL(address).pathname).toBe('/')
    using page = await tab()
    await page.go(address)
    await page.shows('Be anybody in any system')
    const links = await page.run<string[]>(`[...document.links].map(({ href }) => href)`)
    expect(links.length).toBe(5 + 2 * 5)
    const docs = await (await fetch(new URL('/docs', address))).text()
    for (const link of links) {
      const { status } = await fetch(link, { headers: { accept: 'text/html' } })
      expect([link, status]).toEqual([link, 200])
      const { pathname, hash } = new URL(link)
      if (pathname === '/docs' && hash !== '') expect(docs).toContain(`id="${hash.slice(1)}"`)
    }

    const words = () => page.run<string>('document.body.innerText')
    expect(await words()).not.toMatch(/\p{Script=Han}{3}/u)
    await page.click('button.language')
    await page.shows('扮演任一系统中的任何角色')
    expect(await words()).not.toContain('Be anybody')
    // The choice holds for every page of the server.
    await page.go(address)
    await page.shows('扮演任一系统中的任何角色')
    await page.click('a[href="/crash/verify"]')
    await page.shows('验证一局')
    expect(await page.run<string>('location.pathname')).toBe('/crash/verify')
    // Every page that has no other way leads back.
    for (const path of ['/crash/verify', '/play', '/docs']) {
      await page.go(new URL(path, address).href)
      const back = `[...document.querySelectorAll('header a')].find(({ pathname }) => pathname === '/')`
      await page.until(back)
      await page.run(`(${back}.click(), 0)`)
      await page.until(`location.pathname === '/'`)
      await page.shows('扮演任一系统中的任何角色')
    }

    await page.resize(390, 800)
    for (const language of ['zh', 'en']) {
      await page.go(address)
      await page.until(`document.documentElement.lang === '${language}'`)
      expect(await page.run<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        390,
      )
      await page.click('button.language')
    }
    // "Try it" begins with the system whose it is.
    await page.click('a[href="/play#pledge"]')
    await page.until(`document.querySelector('input[name=system][value=pledge]')?.checked`)
    expect(page.complaints).toEqual([])
    server.child.kill('SIGTERM')
    expect(await server.child.exited).toBe(0)
  },
)
