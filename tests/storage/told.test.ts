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
  const one: Draft = { channels: ['jive/a', 'jive/b'], type: 'Note', body: '"long"', at: 1 }
  const late: Message = { id: '4', channel: 'jive/a', version: 2, type: 'Note', body: '1', at: 1 }
  const other: Message = { ...late, id: '7', version: 4 }
  const places = [{ channel: 'jive/b', version: 9 }]
  const mine: Message = { ...one, id: '5', channel: 'jive/a', version: 3, also: places }
  const calls: Call[] = [
    ['append', { drafts: [one], now: 1 }],
    ['note', [one]],
  ]
  const ok = { results: [{ id: '5', version: 3 }], repeated: false, answer: '' }
  const answers = [{ ok }, { ok: null }]
  const told = fold(calls, { answers, messages: [late, mine, other] })
  expect(told).toEqual([late, [9], other])
  const { channels: _, ...whole } = mine as Message & { channels: unknown }
  expect(unfold([[one], []], { answers, messages: told })).toEqual([late, whole, other])
})
