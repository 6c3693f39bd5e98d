/** A process that records until it is killed or nothing works any more: `bun appender.ts FOLDER`. One line for each message: `kept ID`, `told VERSION`, `lost`. */
import { systemClock } from '../../src/core/clock.ts'
import { openSqlite } from '../../src/storage/sqlite/client.ts'

const { store } = await openSqlite({ dir: process.argv[2]!, dev: false, clock: systemClock() })
await store.start((messages) => {
  for (const { version } of messages) say(`told ${version}`)
})
const body = JSON.stringify('x'.repeat(400))
let losses = 0

await Promise.all(
  Array.from({ length: 20 }, async () => {
    while (losses < 400) {
      try {
        const drafts = [{ channels: ['jive/family:1'] as const, type: 'Note', body, at: 1 }]
        const { results } = await store.append(drafts)
        say(`kept ${results[0]!.id}`)
      } catch {
        losses++
        say('lost')
      }
    }
  }),
)
say(`fault ${store.fault()}`)
process.exit(0)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
