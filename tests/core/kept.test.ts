import { expect, test } from 'bun:test'
import { kept } from '../../src/core/kept.ts'

test('what was made is kept, and a failure is not: a page that could not be read once is there later', async () => {
  let tries = 0
  const page = kept(async () => {
    if (++tries === 1) throw new Error('no file left to open it with')
    return { tries }
  })
  await expect(page()).rejects.toThrow('no file left')
  const [first, second] = await Promise.all([page(), page()])
  expect([first.tries, second, await page()]).toEqual([2, first, first])
})
