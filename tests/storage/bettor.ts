/** A process that bets until it is killed or writing fails, then waits for a line on stdin and tells what one probe found: `bun bettor.ts FOLDER`. One line for each bet: `kept ID`. */
import { openSqlite } from '../../src/storage/sqlite/client.ts'
import { crashLedger } from '../../src/storage/sqlite/crash.ts'
import { fakeClock } from '../clock.ts'

const clock = fakeClock()
const dir = process.argv[2]!
const { store, thread } = await openSqlite({ dir, dev: false, clock, ledger: true })
const ledger = crashLedger(thread)
const at = clock.now()
await ledger.recover(at)
const { round } = await ledger.begin({ source: 'scenario', crash: 100 }, 'exp:0.00015', at)
let kept = 0

/** Bets and cancels, so that money moves both ways whenever the end comes. */
async function bet(player: number): Promise<void> {
  const { account } = await ledger.open(`player-${player}`, 1_000_000, at)
  for (let turn = 0; ; turn++) {
    const body = 'x'.repeat(300)
    const command = { account, key: `${process.pid}-${turn}`, body, at, since: 0 }
    const { bets } = await ledger.place(command, round, [{ slot: 1, amount: 100, target: null }])
    say(`kept ${bets[0]!.id}`)
    kept++
    if (turn % 3 === 0) continue
    const { key } = command
    await ledger.cancel({ ...command, key: `${key}-cancel` }, [bets[0]!.id])
  }
}

/** A slot is taken every third time: another player goes on. */
async function play(first: number): Promise<void> {
  for (let player = first; ; player += 20) {
    await bet(player).catch((error: { code: string }) => {
      if (error.code !== 'MAX_BETS_EXCEEDED') throw error
    })
  }
}

await Promise.all(Array.from({ length: 20 }, (_, index) => play(index))).catch(() => {})
say(`failing ${kept} ${ledger.fault() !== null} ${store.fault() === null}`)
await store.put('meanwhile', 'works')
for await (const _ of console) break
clock.advance(1_000)
// Nobody bets: only the probe can find out.
for (let turn = 0; turn < 100_000 && ledger.fault() !== null; turn++)
  await new Promise((resolve) => setImmediate(resolve))
say(`fault ${ledger.fault()}`)
say(`refunds ${(await ledger.recover(at)).refunds.length > 0} ${await ledger.imbalance()}`)
await store.stop()
process.exit(0)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
