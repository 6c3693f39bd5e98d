/** A process that records until writing fails, then waits for a line on stdin and tells what one probe found: `bun recoverer.ts FOLDER`. */
import { openSqlite } from '../../src/storage/sqlite/client.ts'
import { fakeClock } from '../clock.ts'

const clock = fakeClock()
const { store } = await openSqlite({ dir: process.argv[2]!, dev: false, clock })
const channels = ['jive/family:1'] as const
const body = JSON.stringify('x'.repeat(4_000))

let kept = 0
try {
  for (;;) {
    await store.append([{ channels, type: 'Note', body, at: 1 }])
    kept++
  }
} catch {
  say(`failing ${kept} ${store.fault() !== null}`)
}
for await (const _ of console) break
clock.advance(1_000)
// Nobody writes: only the store's own probe can find out.
for (let turn = 0; turn < 100_000 && store.fault() !== null; turn++)
  await new Promise((resolve) => setImmediate(resolve))
say(`fault ${store.fault()}`)
const { results } = await store.append([{ channels, type: 'Note', body, at: 1 }])
say(`kept ${results[0]!.version}`)
await store.stop()
process.exit(0)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
