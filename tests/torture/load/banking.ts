import type { Random } from '../random.ts'
import { tokenFor } from './audience.ts'
import { createDeeds, keepAt, type Work } from './deeds.ts'
import { answered, historyOf, none, request, wanted } from './http.ts'

/** A transaction as its member knows it: cents, null once it is deleted. */
interface Entry {
  readonly id: string
  cents: number | null
}

/** Members of a family of jive who book, change and delete transactions over HTTP. */
export function banking(random: Random, members: number, copies = 1): Work {
  const deeds = createDeeds(random, copies)
  const entries = new Map<string, Entry>()
  let token = ''
  let accounts: string[] = []
  const accountOf = new Map<string, string>()
  let count = 0

  /** Books one and takes its id from whichever answer comes first. */
  async function book(url: string): Promise<void> {
    const name = `book-${count++}`
    const account_id = random.one(accounts)
    accountOf.set(name, account_id)
    const cents = random.whole(1, 90_000) * random.one([1, -1])
    const body = { account_id, amount: inUnits(cents), description: name }
    const headers = { 'idempotency-key': name }
    await deeds.attempt(url, name, async (at) => {
      const answer = answered(
        await request(at, { path: '/api/v1/transactions', token, headers, body }),
      )
      if (answer?.done && !entries.has(name)) {
        entries.set(name, { id: JSON.parse(answer.text.slice(4)).id, cents })
      }
      return answer
    })
    const entry = entries.get(name)
    if (entry !== undefined && random() < 0.3) await change(url, name, entry)
  }

  /** Changes or deletes one that is booked; both may be repeated without a key. */
  async function change(url: string, name: string, entry: Entry): Promise<void> {
    const cents = random() < 0.4 ? null : random.whole(1, 90_000)
    const path = `/api/v1/transactions/${entry.id}`
    // Known to be wished from now on, whatever becomes of the answer.
    entry.cents = cents
    await deeds.attempt(url, `change-${name}`, async (at) => {
      const body = cents === null ? {} : { body: { amount: inUnits(cents) } }
      const method = cents === null ? 'DELETE' : 'PUT'
      const answer = await request(at, { method, path, token, ...body })
      // Its first answer got lost.
      if (cents === null && answer?.status === 404) return { done: true, text: 'deleted' }
      const known = answered(answer)
      return known?.done ? { done: true, text: cents === null ? 'deleted' : 'changed' } : known
    })
  }

  return {
    name: 'book',
    deeds,
    async prepare(url) {
      token = await tokenFor('jive', 'ann', { families: ['books'] })
      const body = { family_id: 'books', name: 'Cash', balance: '0' }
      const made = [1, 2, 3].map(() => wanted(url, { path: '/api/v1/accounts', token, body }))
      accounts = (await Promise.all(made)).map(({ id }) => id)
    },
    async work(url, halted) {
      await keepAt(Array(members).keys(), () => book(url), { halted, rest: () => random() * 30 })
    },
    async verify(url) {
      const told = await historyOf(url, 'jive/family:books')
      for (const account of accounts) {
        const mine = [...entries].filter(([name]) => accountOf.get(name) === account)
        const cents = mine.reduce((sum, [, entry]) => sum + (entry.cents ?? 0), 0)
        const { balance } = await wanted(url, { path: `/api/v1/accounts/${account}`, token })
        if (Math.round(balance * 100) !== cents) {
          throw new Error(`An account has ${balance}, its transactions are ${inUnits(cents)}`)
        }
        const last = told.findLast(({ data }) => data.account_id === account && 'balance' in data)
        if (Math.round((last?.data.balance ?? 0) * 100) !== cents) {
          throw new Error(`The last balance that was told is ${last?.data.balance}, not ${balance}`)
        }
        judge(await listed(url, account, token), mine)
      }
      const created = told.filter(({ data }) => data.action === 'created').length
      if (created !== entries.size) {
        throw new Error(`${created} were told as created, ${entries.size} were booked`)
      }
    },
  }
}

function inUnits(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0')
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

interface Listed {
  readonly id: string
  readonly amount: number
  readonly description: string
}

async function listed(url: string, account: string, token: string): Promise<readonly Listed[]> {
  const all: Listed[] = []
  for (let more = true; more;) {
    const after = all.length === 0 ? '' : `&after=${all.at(-1)!.id}`
    const path = `/api/v1/transactions?account_id=${account}&limit=1000${after}`
    const page = (await wanted(url, { path, token })) as { transactions: Listed[]; more: boolean }
    all.push(...page.transactions)
    more = page.more
  }
  return all
}

/** Each that stands is listed once, as it was booked or changed last; nothing else is. */
function judge(found: readonly Listed[], mine: readonly (readonly [string, Entry])[]): void {
  const expected = mine.filter(([, { cents }]) => cents !== null)
  const byName = new Map(found.map((one) => [one.description, one]))
  const wrong = expected.filter(([name, { id, cents }]) => {
    const one = byName.get(name)
    return one === undefined || one.id !== id || Math.round(one.amount * 100) !== cents
  })
  none('transactions are not as they were booked', wrong)
  if (found.length !== expected.length) {
    throw new Error(`${found.length} transactions are listed, ${expected.length} were booked`)
  }
}
