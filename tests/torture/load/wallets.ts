import type { Random } from '../random.ts'
import { createDeeds, doneBefore, keepAt, type Work } from './deeds.ts'
import { answered, none, request, wanted } from './http.ts'

/** A movement that was asked for: cents, and whether it was to be taken back. */
interface Movement {
  readonly player: string
  readonly kind: 'credit' | 'debit'
  readonly cents: number
  rolledBack: boolean
}

/** An entry of a wallet as the server lists it. */
interface Entry {
  readonly id: number
  readonly kind: string
  readonly amount: string
  readonly balance: string
  readonly txId: string | null
}

/** The backend that owns the money: credits, debits and rollbacks of the players of crash. */
export function wallets(
  random: Random,
  players: readonly string[],
  tellers: number,
  copies = 1,
): Work {
  const deeds = createDeeds(random, copies)
  const movements = new Map<string, Movement>()
  let count = 0

  async function move(url: string): Promise<void> {
    const name = `tx-${count++}`
    const player = random.one(players)
    const kind = random.one(['credit', 'credit', 'debit'] as const)
    const cents = random.whole(1, 5_000)
    const movement: Movement = { player, kind, cents, rolledBack: false }
    movements.set(name, movement)
    const path = `/api/wallets/${player}`
    const body = { amount: (cents / 100).toFixed(2), tx_id: name }
    await deeds.attempt(url, name, async (at) => {
      const answer = answered(await request(at, { path: `${path}/${kind}`, body }))
      // Once it was taken back its repeat is refused, which says no less.
      if (answer !== null && movement.rolledBack && answer.text.includes('TX_ROLLED_BACK')) {
        return { done: true, text: 'rolled back' }
      }
      return answer?.done && movement.rolledBack ? { done: true, text: 'rolled back' } : answer
    })
  }

  /** Takes back one that may have come, may not have come, or is on its way. */
  async function takeBack(url: string): Promise<void> {
    const name = `tx-${random.whole(Math.max(0, count - 20), count - 1)}`
    const movement = movements.get(name)
    if (movement === undefined || movement.rolledBack) return
    const deed = deeds.all.find((one) => one.name === name)!
    if (deed.answer?.done === false) return
    movement.rolledBack = true
    // Now and once the rollback is through: its answer may be on its way meanwhile.
    const told = () => {
      if (deed.answer !== null) deed.answer = { done: true, text: 'rolled back' }
    }
    told()
    const path = `/api/wallets/${movement.player}/rollback`
    await deeds.attempt(url, `back-${name}`, async (at) =>
      answered(await request(at, { path, body: { tx_id: name } })),
    )
    told()
  }

  return {
    name: 'wallet',
    deeds,
    async prepare(url) {
      for (const player of players) {
        const name = `first-${player}`
        movements.set(name, { player, kind: 'credit', cents: 1e8, rolledBack: false })
        const path = `/api/wallets/${player}/credit`
        const body = { amount: '1000000.00', tx_id: name }
        await deeds.attempt(url, name, async (at) => answered(await request(at, { path, body })))
      }
    },
    async work(url, halted) {
      const act = () => (random() < 0.15 && count > 0 ? takeBack(url) : move(url))
      await keepAt(Array(tellers).keys(), act, { halted, rest: () => random() * 30 })
    },
    async verify(url) {
      for (const player of players) await judge(url, player, movements)
    },
    async holds(url, before) {
      const done = doneBefore(deeds, before).filter(({ name }) => movements.has(name))
      for (const player of players) {
        const mine = done.filter(({ name }) => movements.get(name)!.player === player)
        if (mine.length === 0) continue
        const there = new Set((await entriesOf(url, player)).map(({ txId }) => txId))
        // A rollback that came first leaves no entry, and its movement is refused.
        const lost = mine.filter(({ name }) => !there.has(name) && !movements.get(name)!.rolledBack)
        none(`movements of ${player} that were answered are lost`, lost)
      }
    },
  }
}

/** Each movement is in the player's entries once, each that was taken back is so once or never came; the entries add up to the balance. */
async function judge(
  url: string,
  player: string,
  movements: ReadonlyMap<string, Movement>,
): Promise<void> {
  const entries = await entriesOf(url, player)
  let sum = 0
  const wrong: unknown[] = []
  const moved = new Map<string, string[]>()
  for (const entry of entries) {
    sum += centsOf(entry.amount)
    if (centsOf(entry.balance) !== sum) wrong.push({ entry, sum })
    if (entry.txId === null) continue
    const kinds = moved.get(entry.txId) ?? []
    moved.set(entry.txId, [...kinds, `${entry.kind} ${Math.abs(centsOf(entry.amount))}`])
  }
  none(`entries of ${player} do not add up`, wrong)
  const { balance } = await wanted(url, { path: `/api/wallets/${player}` })
  if (centsOf(balance) !== sum) throw new Error(`${player} has ${balance}, the entries say ${sum}`)
  const mine = [...movements].filter(([, movement]) => movement.player === player)
  for (const [name, { kind, cents, rolledBack }] of mine) {
    const there = (moved.get(name) ?? []).join(', ')
    const once = `${kind} ${cents}`
    const allowed = rolledBack ? ['', `${once}, ${kind}_rollback ${cents}`] : [once]
    if (!allowed.includes(there)) wrong.push({ name, there, allowed })
    moved.delete(name)
  }
  none(`movements of ${player} are not what was asked for`, wrong)
  none(`movements of ${player} were made by nobody`, [...moved])
}

async function entriesOf(url: string, player: string): Promise<readonly Entry[]> {
  const all: Entry[] = []
  for (let more = true; more;) {
    const after = all.at(-1)?.id ?? 0
    const path = `/api/wallets/${player}/entries?after=${after}&limit=1000`
    const page = (await wanted(url, { path })) as { entries: Entry[]; more: boolean }
    all.push(...page.entries)
    more = page.more
  }
  return all
}

function centsOf(amount: string): number {
  return Math.round(Number(amount) * 100)
}
