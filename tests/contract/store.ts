import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { Refusal, type ErrorCode } from '../../src/core/errors.ts'
import type { Draft, Message, Store } from '../../src/core/store.ts'

/** A store under test, and a way to open the same data again as a restart does. */
export interface OpenedStore {
  readonly store: Store
  /** Stops the store and opens its data anew. */
  restart(): Promise<OpenedStore>
  /** Stops the store and throws its data away. */
  end(): Promise<void>
}

const at = Date.UTC(2026, 0, 1)
const day = 24 * 3600 * 1000
let unique = 0

/** Names that no other test uses: the store is shared, as it is in life. */
function channel(kind = 'family'): string {
  return `jive/${kind}:${++unique}`
}

function draft(channels: string | [string, ...string[]], body = '{"n":1}', time = at): Draft {
  return {
    channels: typeof channels === 'string' ? [channels] : channels,
    type: 'Note',
    body,
    at: time,
  }
}

async function refused(work: Promise<unknown>): Promise<ErrorCode | 'done'> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

/** What every store must do, whatever it is made of. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let opened: OpenedStore
    const told: Message[] = []
    const store = () => opened.store

    beforeAll(async () => {
      opened = await open()
      await opened.store.start((messages) => void told.push(...messages))
    })
    afterAll(() => opened.end())

    async function restart(): Promise<void> {
      opened = await opened.restart()
      await opened.store.start((messages) => void told.push(...messages))
    }

    recording(store, told)
    history(store)
    repeats(store, restart)
    facts(store, restart)
    pruning(store, restart)
  })
}

function recording(store: () => Store, told: Message[]): void {
  test('versions of a channel start at 1 and rise by 1, ids rise over all channels', async () => {
    const [one, other] = [channel(), channel()]
    const first = await store().append([draft(one), draft(other), draft(one)])
    const second = await store().append([draft(one)])
    expect(first.results.map(({ version }) => version)).toEqual([1, 1, 2])
    expect(second.results[0]!.version).toBe(3)
    const ids = [...first.results, ...second.results].map(({ id }) => Number(id))
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
    expect(new Set(ids).size).toBe(4)
    expect(first.repeated).toBe(false)
  })

  test('a record of several channels has one id, a version in each and its body everywhere', async () => {
    const [family, account] = [channel(), channel('account')]
    await store().append([draft(account)])
    const { results } = await store().append([draft([family, account], '{"balance":1.00}')])
    const [inFamily] = (await store().since(family, 0, 10)).messages
    const [, inAccount] = (await store().since(account, 0, 10)).messages
    expect(inFamily).toEqual({
      id: results[0]!.id,
      channel: family,
      version: 1,
      type: 'Note',
      body: '{"balance":1.00}',
      at,
    })
    expect(inAccount).toEqual({ ...inFamily!, channel: account, version: 2 })
    expect(told.at(-1)).toEqual({ ...inFamily!, also: [{ channel: account, version: 2 }] })
  })

  test('a message is found by its id, in the first of the wanted channels that it is in, else in its own', async () => {
    const [family, account, other] = [channel(), channel('account'), channel()]
    const { results } = await store().append([
      draft([family, account], '{"n":1}'),
      draft([other, account], '{"n":2}'),
    ])
    const [first, second] = results.map(({ id }) => id) as [string, string]
    const inFamily = (await store().since(family, 0, 1)).messages[0]!
    const inAccount = (await store().since(account, 0, 1)).messages[0]!
    expect(await store().find(first, [])).toEqual(inFamily)
    expect(await store().find(first, [other, account, family])).toEqual(inAccount)
    expect(await store().find(first, [other])).toEqual(inFamily)
    expect((await store().find(second, [account]))!.version).toBe(2)
    for (const id of ['0', '-1', '1.5', 'x', '', '999999999999999', String(Number(first) + 1)]) {
      expect(await store().find(id, [family])).toBeNull()
    }
  })

  test('a channel named twice in a draft holds the message once', async () => {
    const name = channel()
    await store().append([draft([name, name])])
    expect((await store().since(name, 0, 10)).messages).toHaveLength(1)
  })

  test('meta and text of any kind come back as they went in', async () => {
    const name = channel()
    const body = JSON.stringify({ text: 'naïve 家族 \u2028 \u0000 "\\" 👪', lone: '\ud800' })
    await store().append([{ ...draft(name, body), meta: { externalUserId: 'x"\n' } }])
    const [message] = (await store().since(name, 0, 1)).messages
    expect(message!.body).toBe(body)
    expect(message!.meta).toEqual({ externalUserId: 'x"\n' })
  })

  test('a commit is told before its callers go on, in the order it was recorded', async () => {
    const name = channel()
    const from = told.length
    const seen: number[] = []
    const calls = Array.from({ length: 300 }, (_, index) =>
      store()
        .append([draft(name, `{"n":${index}}`)])
        .then(({ results }) => {
          const there = told.slice(from).some(({ id }) => id === results[0]!.id)
          expect(there).toBe(true)
          seen.push(index)
        }),
    )
    await Promise.all(calls)
    expect(seen).toHaveLength(300)
    const mine = told.slice(from).filter((message) => message.channel === name)
    expect(mine.map(({ version }) => version)).toEqual(seen.map((_, index) => index + 1))
    expect(mine.map(({ body }) => body)).toEqual(seen.map((_, index) => `{"n":${index}}`))
  })

  test('what after returns was told before, so that who reads and then listens hears nothing twice', async () => {
    const name = channel()
    let sending = true
    const sender = (async () => {
      for (let count = 0; count < 600; count++) await store().append([draft(name)])
      sending = false
    })()
    const reader = async () => {
      for (let from = '0'; sending;) {
        from = (await store().after([name], from, 500)).messages.at(-1)?.id ?? from
        expect(Number(told.at(-1)?.id ?? 0)).toBeGreaterThanOrEqual(Number(from))
      }
    }
    await Promise.all([reader(), reader(), reader()])
    await sender
  })

  test('no drafts: nothing happens and nothing is told', async () => {
    const before = told.length
    expect(await store().append([])).toEqual({ results: [], repeated: false, answer: '' })
    expect(told).toHaveLength(before)
  })
}

function history(store: () => Store): void {
  test('since answers page by page and says when there is more', async () => {
    const name = channel()
    await store().append(Array.from({ length: 25 }, () => draft(name)))
    const page = await store().since(name, 5, 10)
    expect(page.messages.map(({ version }) => version)).toEqual([
      6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ])
    expect(page).toMatchObject({ more: true, gone: false })
    const last = await store().since(name, 15, 10)
    expect(last.messages.at(-1)!.version).toBe(25)
    expect(last.more).toBe(false)
  })

  test('a position at or beyond the head, or in an unknown channel, is an empty page', async () => {
    const name = channel()
    await store().append([draft(name)])
    const empty = { messages: [], gone: false, more: false }
    expect(await store().since(name, 1, 10)).toEqual(empty)
    expect(await store().since(name, 99, 10)).toEqual(empty)
    expect(await store().since(channel(), 0, 10)).toEqual(empty)
    expect(await store().after([name], '999999999999', 10)).toEqual(empty)
    expect(await store().after([channel()], '0', 10)).toEqual(empty)
    expect(await store().after([], '0', 10)).toEqual(empty)
  })

  test('what is no message id is refused, so that it never reads as the beginning', async () => {
    for (const id of ['', '-1', '1e3', ' 5', 'abc', '1'.repeat(16)])
      expect(await refused(store().after([channel()], id, 10))).toBe('INVALID_PARAMS')
  })

  test('a page of huge bodies ends early and says that there is more', async () => {
    const name = channel()
    const body = JSON.stringify('x'.repeat(1_000_000))
    for (let count = 0; count < 8; count++) await store().append([draft(name, body)])
    const page = await store().since(name, 0, 8)
    expect(page.more).toBe(true)
    expect(page.messages.length).toBeGreaterThan(0)
    expect(page.messages.length).toBeLessThan(8)
  })

  test('after merges channels by id, each message once, from any position, in pages of any size', async () => {
    const names = [channel(), channel(), channel()]
    const kinds: [string, ...string[]][] = [
      [names[0]!],
      [names[1]!],
      [names[2]!],
      [names[0]!, names[1]!],
      [names[2]!, names[0]!, names[1]!],
    ]
    const drafts = Array.from({ length: 200 }, (_, index) => draft(kinds[(index * 7) % 5]!))
    const { results } = await store().append(drafts)
    const all = drafts.map((one, index) => ({ id: results[index]!.id, channels: one.channels }))
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(names, { minLength: 1 }),
        fc.integer({ min: -1, max: 199 }),
        fc.integer({ min: 1, max: 40 }),
        async (asked, position, limit) => {
          const from = position < 0 ? String(Number(all[0]!.id) - 1) : all[position]!.id
          const wanted = all
            .filter(({ id }) => Number(id) > Number(from))
            .filter(({ channels }) => channels.some((one) => asked.includes(one)))
            .map(({ id }) => id)
          const page = await store().after(asked, from, limit)
          expect(page.messages.map(({ id }) => id)).toEqual(wanted.slice(0, limit))
          expect(page.more).toBe(wanted.length > limit)
          expect(page.gone).toBe(false)
          for (const message of page.messages) expect(asked).toContain(message.channel)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a read sees everything that was answered as committed', async () => {
    const name = channel()
    for (let version = 1; version <= 50; version++) {
      await store().append([draft(name)])
      expect((await store().since(name, version - 1, 10)).messages).toHaveLength(1)
    }
  })
}

function repeats(store: () => Store, restart: () => Promise<void>): void {
  test('a repeat answers what the first time answered and records nothing, also after a restart', async () => {
    const name = channel()
    const idempotency = { scope: 'shop', key: name, fingerprint: 'f', answer: '{"recipients":2}' }
    const first = await store().append([draft(name), draft(name)], { idempotency })
    const again = { ...idempotency, answer: 'another' }
    const second = await store().append([draft(name), draft(name)], { idempotency: again })
    await restart()
    const third = await store().append([draft(name), draft(name)], { idempotency: again })
    expect(second).toEqual({ ...first, repeated: true })
    expect(third).toEqual({ ...first, repeated: true })
    expect(first).toMatchObject({ repeated: false, answer: '{"recipients":2}' })
    expect((await store().since(name, 0, 10)).messages).toHaveLength(2)
  })

  test('repeats at the same moment take effect once', async () => {
    const name = channel()
    const idempotency = { scope: 'shop', key: name, fingerprint: 'f', answer: 'a' }
    const all = await Promise.all(
      Array.from({ length: 20 }, () => store().append([draft(name)], { idempotency })),
    )
    expect(all.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(new Set(all.map(({ results }) => results[0]!.id)).size).toBe(1)
    expect((await store().since(name, 0, 10)).messages).toHaveLength(1)
  })

  test('a changed repeat is refused and harms no neighbour; other callers have keys of their own', async () => {
    const name = channel()
    const idempotency = { scope: 'shop', key: name, fingerprint: 'f', answer: 'a' }
    await store().append([draft(name)], { idempotency })
    const changed = { ...idempotency, fingerprint: 'g' }
    const [refusal, neighbour, stranger] = await Promise.all([
      refused(store().append([draft(name)], { idempotency: changed })),
      store().append([draft(name)]),
      store().append([draft(name)], { idempotency: { ...changed, scope: 'bank' } }),
    ])
    expect(refusal).toBe('IDEMPOTENCY_CONFLICT')
    expect([neighbour.results[0]!.version, stranger.results[0]!.version]).toEqual([2, 3])
    expect((await store().since(name, 0, 10)).messages).toHaveLength(3)
  })
}

function facts(store: () => Store, restart: () => Promise<void>): void {
  test('a fact is what was put last, until it expires or is deleted, also after a restart', async () => {
    await store().put('a', 'one')
    await store().put('a', 'two')
    await store().put('b', 'short', at + 1000)
    await restart()
    expect(await store().get('a', at)).toBe('two')
    expect(await store().get('b', at + 999)).toBe('short')
    expect(await store().get('b', at + 1000)).toBeNull()
    await store().put('b', 'for ever')
    expect(await store().get('b', at + 9000)).toBe('for ever')
    await store().delete('a')
    await store().delete('a')
    expect(await store().get('a', at)).toBeNull()
    expect(await store().get('never', at)).toBeNull()
  })

  test('an unknown server key is null, and an audit entry is taken', async () => {
    expect(await store().keyByHash('0'.repeat(64))).toBeNull()
    const entry = { at, actor: 'cli', action: 'test', subject: 'x' }
    expect(await refused(store().audit(entry))).toBe('done')
    expect(store().fault()).toBeNull()
  })
}

function pruning(store: () => Store, restart: () => Promise<void>): void {
  test('what is pruned is said to be gone, ids and versions go on from where they were', async () => {
    const [old, mixed, fresh] = [channel(), channel(), channel()]
    await store().append([draft([old, mixed]), draft(mixed), draft(old)])
    const kept = await store().append([draft([mixed, fresh], '{}', at + day)])
    const keptId = kept.results[0]!.id
    expect(await store().prune(at + 1, at)).toBeGreaterThanOrEqual(4)
    await restart()

    expect(await store().since(old, 1, 10)).toEqual({ messages: [], gone: true, more: false })
    expect(await store().since(old, 2, 10)).toMatchObject({ messages: [], gone: false })
    const page = await store().since(mixed, 0, 10)
    expect(page.gone).toBe(true)
    expect(page.messages.map(({ version }) => version)).toEqual([3])
    expect((await store().since(mixed, 2, 10)).gone).toBe(false)
    expect(await store().since(fresh, 0, 10)).toMatchObject({ gone: false })
    expect((await store().after([old, fresh], '0', 10)).gone).toBe(true)
    expect((await store().after([fresh], '0', 10)).gone).toBe(false)
    expect((await store().after([mixed, fresh], '0', 10)).messages).toHaveLength(1)

    const next = await store().append([draft(old)])
    expect(next.results[0]!.version).toBe(3)
    expect(Number(next.results[0]!.id)).toBeGreaterThan(Number(keptId))
  })

  test('pruning everything keeps the last id, so that none is given twice', async () => {
    const name = channel()
    const { results } = await store().append(
      Array.from({ length: 1_200 }, () => draft([name, channel()])),
    )
    const last = results.at(-1)!.id
    expect(await store().prune(at + 365 * day, at)).toBeGreaterThanOrEqual(2_400)
    await restart()
    expect((await store().after([name], last, 10)).gone).toBe(false)
    const next = await store().append([draft(name)])
    expect(Number(next.results[0]!.id)).toBeGreaterThan(Number(last))
    expect(next.results[0]!.version).toBe(1_201)
    const page = await store().after([name], last, 10)
    expect(page.messages.map(({ version }) => version)).toEqual([1_201])
  })

  test('a young message protects what came after it, so that no channel gets a hole', async () => {
    const name = channel()
    await store().append([draft(name, '{}', at + day), draft(name, '{}', at)])
    await store().prune(at + 1, at)
    const page = await store().since(name, 0, 10)
    expect(page).toMatchObject({ gone: false })
    expect(page.messages).toHaveLength(2)
  })

  test('expired facts go, others stay', async () => {
    await store().put('expired', 'x', at - 1)
    await store().put('lasting', 'x', at + 1)
    expect(await store().prune(0, at)).toBeGreaterThanOrEqual(1)
    expect(await store().get('expired', at - 10)).toBeNull()
    expect(await store().get('lasting', at)).toBe('x')
  })
}
