import { expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { sumsOf } from '../../src/bench/metrics.ts'
import { calm, echo } from '../echo.ts'
import { start } from '../fixture.ts'

test('the sizes that metrics tell are those of the files, so that a disk that fills is seen before it is full', async () => {
  await using server = await start({}, { plug: echo(calm) })
  const said = 'x'.repeat(10_000)
  for (let n = 0; n < 10; n++) await server.publish('echo/room:a', 'Said', { n, said })
  const answer = await fetch(`${server.fanfare.internal?.url.origin}/metrics`)
  const lines = (await answer.text()).split('\n')
  const told = (series: string) => {
    const line = lines.find((one) => one.startsWith(`fanfare_${series} `))
    return Number(line?.slice(line.lastIndexOf(' ')))
  }
  const sizeOf = (file: string) => statSync(join(server.dir, file)).size
  expect(told('store_file_bytes{database="fanfare.db",file="log"}')).toBe(sizeOf('fanfare.db-wal'))
  expect(told('store_file_bytes{database="fanfare.db",file="log"}')).toBeGreaterThan(10_000)
  expect(told('store_file_bytes{database="fanfare.db",file="database"}')).toBe(sizeOf('fanfare.db'))
  expect(told('store_waiting_rows{database="fanfare.db"}')).toBe(0)
  expect(told('store_free_bytes')).toBeGreaterThan(1_000_000)
  expect(sumsOf(lines.join('\n')).get('process_max_fds')).toBeGreaterThan(100)
})
