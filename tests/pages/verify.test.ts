import { expect, test } from 'bun:test'
import { noBrowser, tab } from '../browser.ts'
import { start } from '../fixture.ts'

test.skipIf(noBrowser)(
  'the page to verify a round opens without a complaint (needs chromium)',
  async () => {
    await using server = await start({ systems: ['crash'] })
    using page = await tab()
    await page.go(`${server.url}/crash/verify`)
    await page.shows('Verify a round')
    expect(page.complaints).toEqual([])
  },
)
