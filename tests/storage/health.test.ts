import { expect, test } from 'bun:test'
import { createLog } from '../../src/core/log.ts'
import { healthOf } from '../../src/storage/sqlite/health.ts'
import { fakeClock } from '../clock.ts'

/** The health of a database whose batches a test makes up, and what it logged. */
function watched() {
  const clock = fakeClock()
  const logged: string[] = []
  const write = (line: string) => void logged.push(JSON.parse(line).event)
  const log = createLog({ level: 'info', format: 'json', clock, write })
  const health = healthOf('fanfare.db', { clock, log })
  const settled = (fault: string | null) =>
    health.settled({ answers: [], messages: [], fault, ms: 1 }, [])
  return { clock, logged, health, settled }
}

test('a disk that fails now and then is one line in the log, and another one when it has worked for a while', () => {
  const { clock, logged, health, settled } = watched()
  for (let count = 0; count < 100; count++) {
    settled('disk I/O error')
    expect(health.fault()).toBe('disk I/O error')
    clock.advance(500)
    settled(null)
    // Whoever asks is told the truth of the moment.
    expect(health.fault()).toBeNull()
    clock.advance(1_999)
  }
  expect(logged).toEqual(['store failing'])
  clock.advance(1)
  expect(logged).toEqual(['store failing', 'store works again'])
  settled('disk I/O error')
  expect(logged).toEqual(['store failing', 'store works again', 'store failing'])
})

test('a disk that goes on failing is one line, and working again is told once', () => {
  const { clock, logged, settled } = watched()
  for (let count = 0; count < 10; count++) settled('full')
  for (let count = 0; count < 10; count++) settled(null)
  clock.advance(60_000)
  expect(logged).toEqual(['store failing', 'store works again'])
})
