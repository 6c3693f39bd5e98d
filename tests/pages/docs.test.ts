import { expect, test } from 'bun:test'
import { noBrowser, tab } from '../browser.ts'
import { start } from '../fixture.ts'

test.skipIf(noBrowser)(
  'the page of the documents opens without a complaint, in its style, and nowhere wider than a phone (needs chromium)',
  async () => {
    await using server = await start()
    using page = await tab()
    for (const width of [1280, 390]) {
      await page.resize(width, 800)
      await page.go(`${server.url}/docs`)
      await page.shows('POST /api/publish')
      // Its style is let in by a hash: without it the line of links would not stay.
      expect(
        await page.run<string>(`getComputedStyle(document.querySelector('header')).position`),
      ).toBe('sticky')
      expect(await page.run<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        width,
      )
    }
    await page.click('nav a[href="#crash"]')
    await page.until(`location.hash === '#crash'`)
    await page.click('[id="crash.client.PLACE_BET"] summary')
    await page.until(`document.getElementById('crash.client.PLACE_BET').open`)
    expect(page.complaints).toEqual([])
  },
)
