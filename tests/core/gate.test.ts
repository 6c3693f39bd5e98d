import { expect, test } from 'bun:test'
import { createGate } from '../../src/core/gate.ts'

test('no more than the width is at work, everybody comes through in order, failures too', async () => {
  const gate = createGate(3)
  const started: number[] = []
  const ends: (() => void)[] = []
  let most = 0
  let inside = 0
  const works = Array.from({ length: 10 }, (_, n) =>
    gate(async () => {
      started.push(n)
      most = Math.max(most, ++inside)
      await new Promise<void>((resolve) => ends.push(resolve))
      inside--
      if (n % 4 === 0) throw new Error(`work ${n}`)
      return n
    }).catch((error: Error) => error.message),
  )
  while (started.length < 10 || ends.length > 0) {
    ends.shift()?.()
    await Promise.resolve()
  }
  const results = await Promise.all(works)
  expect(results).toEqual(['work 0', 1, 2, 3, 'work 4', 5, 6, 7, 'work 8', 9])
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(most).toBe(3)
})
