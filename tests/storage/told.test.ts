import { afterEach, beforeEach, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../../src/core/errors.ts'
import type { Draft, Message } from '../../src/core/store.ts'
import type { Call } from '../../src/storage/sqlite/batch.ts'
import { coreProcedures } from '../../src/storage/sqlite/core.ts'
import { databasePath, openFolder, openWriter, type Opened } from '../../src/storage/sqlite/open.ts'
import type { Context, Procedures } from '../../src/storage/sqlite/procedure.ts'
import { fold, unfold } from '../../src/storage/sqlite/told.ts'
import { writer } from '../../src/storage/sqlite/writer.ts'

const procedures: Procedures = {
  ...coreProcedures,
  note({ append }: Context, drafts: readonly Draft[]) {
    for (const draft of drafts) append(draft)
  },
  refuse({ append }: Context, drafts: readonly Draft[]) {
    for (const draft of drafts) append(draft)
    throw new Refusal('CONFLICT', 'Not today')
  },
}

let dir: string
let opened: Opened

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-told-'))
  opened = openFolder(dir, false)
})
afterEach(() => {
  opened.lock.release()
  opened.db.close(true)
  rmSync(dir, { recursive: true })
})

const draft = fc
  .record({
    channels: fc.array(fc.constantFrom('jive/a', 'jive/b', 'jive/c'), {
      minLength: 1,
      maxLength: 4,
    }),
    type: fc.constantFrom('Note', 'Rule'),
    body: fc.json({ maxDepth: 1 }),
    at: fc.nat(),
    meta: fc.option(fc.dictionary(fc.string(), fc.string()), { nil: undefined }),
  })
  .map(({ meta, ...draft }) => ({ ...draft, ...(meta && { meta }) }) as unknown as Draft)
const call = fc.record({
  kind: fc.constantFrom('append', 'append', 'repeat', 'note', 'refuse', 'put'),
  drafts: fc.array(draft, { maxLength: 4 }),
})
type Wanted = { readonly kind: string; readonly drafts: readonly Draft[] }

/** A call, and the drafts that the main thread has of it. */
function asked({ kind, drafts }: Wanted): { call: Call; drafts: readonly Draft[] } {
  if (kind === 'put') return { call: ['put', { key: 'k', value: 'v' }], drafts: [] }
  if (kind === 'note' || kind === 'refuse') return { call: [kind, drafts], drafts: [] }
  // Another fingerprint under the same key is refused, the same one a repeat.
  const fingerprint = String(drafts.length)
  const idempotency = { scope: 's', key: 'k', fingerprint, answer: '' }
  const args = { drafts, now: 1, ...(kind === 'repeat' && { idempotency }) }
  return { call: ['append', args], drafts }
}

/** What crosses from thread to thread. */
function crossed<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}

test('what the main thread puts together is what was recorded, whatever else was in the batch', () => {
  const writing = writer(opened.db, () => openWriter(databasePath(dir)), procedures)
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 8 }), (wanted) => {
      const all = wanted.map(asked)
      const calls = crossed(all.map(({ call }) => call))
      const outcome = writing.run(calls)
      const answer = crossed({ answers: outcome.answers, messages: fold(calls, outcome) })
      const drafts = all.map(({ drafts }) => drafts)
      expect(unfold(drafts, answer)).toEqual(crossed(outcome.messages))
    }),
    { numRuns: 150 },
  )
})

test('bodies of an append stay where they are, those of other procedures and of late messages come whole', () => {
  const [first, second] = [noteOf(['jive/a', 'jive/b']), noteOf(['jive/a'])]
  const late = messageOf('4', 2)
  const mine = { ...messageOf('5', 3), also: [{ channel: 'jive/b', version: 9 }] }
  const other = messageOf('7', 4)
  const next = messageOf('8', 5)
  const calls: Call[] = [
    ['append', { drafts: [second], now: 1 }],
    ['append', { drafts: [first], now: 1 }],
    ['note', [second]],
    ['append', { drafts: [second], now: 1 }],
  ]
  const answers = [
    { ok: { results: [{ id: '1', version: 1 }], repeated: true, answer: '' } },
    { ok: { results: [{ id: '5', version: 3 }], repeated: false, answer: '' } },
    { ok: null },
    { ok: { results: [{ id: '8', version: 5 }], repeated: false, answer: '' } },
  ]
  const messages = fold(calls, { answers, messages: [late, mine, other, next] })
  expect(messages).toEqual([late, [9], other, []])
  const drafts = [[second], [first], [], [second]]
  expect(unfold(drafts, { answers, messages })).toEqual([late, mine, other, next])
})

function noteOf(channels: readonly [string, ...string[]]): Draft {
  return { channels, type: 'Note', body: '"long"', at: 1 }
}
function messageOf(id: string, version: number): Message {
  return { id, channel: 'jive/a', version, type: 'Note', body: '"long"', at: 1 }
}
