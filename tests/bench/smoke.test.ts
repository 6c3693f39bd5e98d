import { expect, test } from 'bun:test'
import type { Row } from '../../src/bench/table.ts'
import { program } from '../program.ts'

async function bench(...args: string[]): Promise<Map<string, Row>> {
  const child = Bun.spawn([...program, 'bench', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, told] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0) throw new Error(told)
  const { rows } = JSON.parse(out) as { rows: Row[] }
  return new Map(rows.map((row) => [row.name, row]))
}

// Beside each other, since no figure is judged here, and most of what is waited for is the clock.
test.concurrent(
  'fan-out counts every delivery of both servers, so that no figure rests on lost messages',
  async () => {
    const rows = await bench('fanout', '--connections', '20', '--seconds', '1')
    expect(rows.get('readers')).toMatchObject({ bare: 20, fanfare: 20 })
    for (const load of ['one at a time', 'back to back']) {
      expect(rows.get(`${load}: missed`)).toMatchObject({ bare: 0, fanfare: 0, met: true })
      expect(rows.get(`${load}: deliveries/s`)?.fanfare).toBeGreaterThan(0)
    }
  },
  60_000,
)

test.concurrent(
  'the seed load reaches each topic with its own readers and all come back',
  async () => {
    const args = ['--connections', '50', '--seconds', '1', '--rate', '50']
    const rows = await bench('seed', ...args)
    expect(rows.get('deliveries')).toMatchObject({ bare: 50, fanfare: 50 })
    expect(rows.get('missed')).toMatchObject({ bare: 0, fanfare: 0 })
    expect(rows.get('reconnected %')).toMatchObject({ bare: 100, fanfare: 100 })
  },
  60_000,
)

test.concurrent(
  'prices of an exchange reach every listener of both servers, whoever stopped reading has the last one too (P3, P8)',
  async () => {
    const args = ['--connections', '40', '--seconds', '1', '--rate', '10', '--rounds', '2']
    const rows = await bench('ticker', ...args)
    expect(rows.get('listeners')).toMatchObject({ bare: 40, fanfare: 40 })
    expect(rows.get('deliveries')).toMatchObject({ bare: 400, fanfare: 400 })
    for (const name of [
      'missed',
      'doubled',
      "slow: others' missed",
      'slow: without the last price',
    ]) {
      expect(rows.get(name)).toMatchObject({ bare: 0, fanfare: 0, met: true })
    }
    expect(rows.get('slow: stop reading')).toMatchObject({ bare: 2, fanfare: 2 })
    expect(rows.get('p50 ms')?.fanfare).toBeGreaterThan(0)
  },
  60_000,
)

test.concurrent(
  'notices of locallife come once, are acknowledged for good, and are all there after a reconnect',
  async () => {
    const rows = await bench('notify', '--connections', '40', '--seconds', '1', '--rate', '100')
    expect(rows.get('users')).toMatchObject({ bare: 40, fanfare: 40 })
    const deliveries = 95 + 5 * 10
    expect(rows.get('deliveries')).toMatchObject({ bare: deliveries, fanfare: deliveries })
    expect(rows.get('missed')).toMatchObject({ bare: 0, fanfare: 0 })
    for (const name of [
      'doubled',
      'pending after',
      'silent: missed',
      'silent: pending over bound',
    ]) {
      expect(rows.get(name)).toMatchObject({ fanfare: 0 })
    }
    expect(rows.get('silent: pending')?.fanfare).toBe(rows.get('silent: deliveries')!.fanfare)
    expect(rows.get('back: reconnected %')).toMatchObject({ fanfare: 100 })
    expect(rows.get('back: missed')).toMatchObject({ fanfare: 0 })
    expect(rows.get('back: pending after')).toMatchObject({ fanfare: 0 })
  },
  60_000,
)

test.concurrent(
  'a flight and its bets leave books that balance, so that no figure rests on lost money (F2, F8)',
  async () => {
    const args = ['--connections', '40', '--seconds', '1', '--rate', '40', '--rounds', '1']
    const rows = await bench('crash', ...args)
    expect(rows.get('connections')).toMatchObject({ bare: 40, fanfare: 40 })
    for (const name of [
      'missed',
      'commands refused',
      'commands unanswered',
      'changes missed',
      'connections lost',
      'audit: exit code',
      'bets: refused or unanswered',
      'bets: audit: exit code',
    ]) {
      expect([name, rows.get(name)?.fanfare]).toEqual([name, 0])
    }
    for (const name of ['changes/s', 'command p99 ms', 'bets: commands/s']) {
      expect(rows.get(name)?.fanfare).toBeGreaterThan(0)
    }
  },
  60_000,
)

test.concurrent(
  'a soak loses nothing while clients of all systems come and go, and leaves books that balance',
  async () => {
    const rows = await bench('soak', '--minutes', '0.05', '--connections', '60', '--rate', '20')
    for (const name of ['missed', 'doubled', 'failed', 'faults logged', 'audit: exit code']) {
      expect([name, rows.get(name)?.fanfare]).toEqual([name, 0])
    }
    expect(rows.get('connections')?.fanfare).toBe(60)
    expect(rows.get('descriptors left')).toMatchObject({ bare: null, met: true })
    for (const name of ['messages', 'p99 ms', 'RSS MB, all gone', 'WAL MB at most']) {
      expect(rows.get(name)?.fanfare).toBeGreaterThan(0)
    }
  },
  60_000,
)
