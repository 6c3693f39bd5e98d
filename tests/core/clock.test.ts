import { describe, expect, test } from 'bun:test'
import { systemClock } from '../../src/core/clock.ts'
import { fakeClock } from '../clock.ts'

describe('the fake clock', () => {
  test('stands still, because a test that depends on real time fails by chance', () => {
    const clock = fakeClock(5_000)
    expect(clock.now()).toBe(5_000)
    expect(clock.now()).toBe(5_000)
    expect(clock.elapsed()).toBe(clock.elapsed())
  })

  test('runs what falls due in order of time, each at its own instant', () => {
    const clock = fakeClock(0)
    const seen: string[] = []
    clock.after(30, () => seen.push(`once ${clock.now()}`))
    clock.every(20, () => seen.push(`every ${clock.now()}`))
    clock.advance(60)
    expect(seen).toEqual(['every 20', 'once 30', 'every 40', 'every 60'])
    expect(clock.now()).toBe(60)
  })

  test('runs timers of one instant in the order they were armed', () => {
    const clock = fakeClock()
    const seen: number[] = []
    for (const number of [1, 2, 3]) clock.after(10, () => seen.push(number))
    clock.advance(10)
    expect(seen).toEqual([1, 2, 3])
  })

  test('runs a timer that was armed by another one on the way', () => {
    const clock = fakeClock(0)
    const seen: number[] = []
    clock.after(10, () => clock.after(10, () => seen.push(clock.now())))
    clock.advance(19)
    expect(seen).toEqual([])
    clock.advance(1)
    expect(seen).toEqual([20])
  })

  test('does not run what was stopped, however often it is stopped', () => {
    const clock = fakeClock()
    let runs = 0
    const stop = clock.every(10, () => runs++)
    clock.advance(25)
    stop()
    stop()
    clock.advance(100)
    expect(runs).toBe(2)
  })

  test('a run that throws ends neither its series nor the others, and the test hears of it', () => {
    const clock = fakeClock()
    let runs = 0
    clock.every(10, () => {
      runs++
      throw new Error('broken')
    })
    expect(() => clock.advance(30)).toThrow('broken')
    expect(runs).toBe(3)
  })

  test('a jump moves wall time alone, because no timer may follow a corrected clock', () => {
    const clock = fakeClock(1_000)
    const before = clock.elapsed()
    let runs = 0
    clock.after(10, () => runs++)
    clock.jump(3_600_000)
    expect(clock.now()).toBe(3_601_000)
    expect(clock.elapsed()).toBe(before)
    expect(runs).toBe(0)
    clock.jump(-7_200_000)
    clock.advance(10)
    expect(runs).toBe(1)
  })
})

describe('the machine clock', () => {
  test('tells wall time in epoch ms and a monotonic time that does not fall', () => {
    const clock = systemClock()
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(5_000)
    const first = clock.elapsed()
    expect(clock.elapsed()).toBeGreaterThanOrEqual(first)
  })

  test('runs once after, again and again every, and never what was stopped', async () => {
    const clock = systemClock()
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      clock.after(1, () => seen.push('stopped'))()
      clock.after(1, () => seen.push('once'))
      const stop = clock.every(2, () => {
        seen.push('every')
        if (seen.filter((name) => name === 'every').length < 3) return
        stop()
        stop()
        clock.after(20, resolve)
      })
    })
    expect(seen.toSorted()).toEqual(['every', 'every', 'every', 'once'])
  })

  test('a wait longer than the 2^31 ms of a runtime timer does not end at once', async () => {
    const clock = systemClock()
    let early = 0
    const stops = [clock.after(2 ** 31, () => early++), clock.every(2 ** 40, () => early++)]
    await new Promise<void>((resolve) => void clock.after(30, resolve))
    for (const stop of stops) stop()
    expect(early).toBe(0)
  })

  test('its timers keep no process alive, because a finished command must end', async () => {
    const path = new URL('../../src/core/clock.ts', import.meta.url).pathname
    const code = `
      const { systemClock } = await import(${JSON.stringify(path)})
      systemClock().every(60_000, () => {})
      systemClock().after(60_000, () => {})
      console.log('armed')`
    const child = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe' })
    expect(await new Response(child.stdout).text()).toBe('armed\n')
    expect(await child.exited).toBe(0)
  })
})
