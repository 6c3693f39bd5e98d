import { afterEach, beforeEach, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../../src/core/errors.ts'
import type { Draft, Page } from '../../src/core/store.ts'
import { runRead, type Call } from '../../src/storage/sqlite/batch.ts'
import { coreProcedures } from '../../src/storage/sqlite/core.ts'
import {
  databasePath,
  openFolder,
  openReader,
  openWriter,
  type Opened,
} from '../../src/storage/sqlite/open.ts'
import { after } from '../../src/storage/sqlite/history.ts'
import type { Context, Procedures } from '../../src/storage/sqlite/procedure.ts'
import { sliceRows } from '../../src/storage/sqlite/prune.ts'
import { writer, type Writer } from '../../src/storage/sqlite/writer.ts'

const names = ['jive/a', 'jive/b', 'jive/c', 'jive/d', 'jive/e']
const procedures: Procedures = {
  ...coreProcedures,
  recordThenRefuse({ append }: Context, drafts: Draft[]) {
    for (const draft of drafts) append(draft)
    throw new Refusal('CONFLICT', 'Not today')
  },
}

function draftOf(channels: readonly [string, ...string[]], at = 1): Draft {
  return { channels, type: 'Note', body: '{}', at }
}

/** A history as anybody would write it who had all the time in the world. */
interface Entry {
  readonly id: number
  readonly at: number
  readonly places: ReadonlyMap<string, number>
  gone: boolean
}

let dir: string
let opened: Opened
let writing: Writer
let entries: Entry[]
let heads: Map<string, number>

function start(): void {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-history-'))
  opened = openFolder(dir, false)
  writing = writer(opened.db, () => openWriter(databasePath(dir)), procedures)
  entries = []
  heads = new Map()
}
function end(): void {
  writing.close()
  opened.lock.release()
  rmSync(dir, { recursive: true })
}
beforeEach(start)
afterEach(end)

type Step =
  | { readonly record: readonly Draft[] }
  | { readonly refuse: readonly Draft[] }
  | { readonly prune: number }
  | { readonly restart: true }

const channels = fc
  .oneof(fc.constant(['jive/a']), fc.shuffledSubarray(names, { minLength: 1 }))
  .map((names) => names as [string, ...string[]])
const drafts = fc.array(
  fc.record({
    channels,
    type: fc.constant('Note'),
    body: fc.constant('{}'),
    at: fc.integer({ min: 0, max: 1_000 }),
  }),
  { minLength: 1, maxLength: 60 },
)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: drafts.map((record) => ({ record })) },
    { weight: 2, arbitrary: drafts.map((refuse) => ({ refuse })) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 1_100 }).map((prune) => ({ prune })) },
    { weight: 1, arbitrary: fc.constant({ restart: true as const }) },
  ),
  { minLength: 1, maxLength: 25 },
)

function take(step: Step): void {
  if ('record' in step) return record(step.record)
  if ('refuse' in step) return refuse(step.refuse)
  if ('prune' in step) return prune(step.prune)
  writing.close()
  writing = writer(openWriter(databasePath(dir)), () => openWriter(databasePath(dir)), procedures)
}

function run(...calls: Call[]): unknown[] {
  return writing.run(calls).answers.map((answer) => ('ok' in answer ? answer.ok : answer))
}

function record(drafts: readonly Draft[]): void {
  const [answer] = run(['append', { drafts, now: 1 }]) as [{ results: { id: string }[] }]
  for (const [index, { channels, at }] of drafts.entries()) {
    const places = new Map<string, number>()
    for (const name of channels) {
      const version = (heads.get(name) ?? 0) + 1
      heads.set(name, version)
      places.set(name, version)
    }
    entries.push({ id: Number(answer.results[index]!.id), at, places, gone: false })
  }
}

/** What is refused leaves no trace, between two that succeed in the same batch. */
function refuse(drafts: readonly Draft[]): void {
  const [, refusal] = run(
    ['put', { key: 'k', value: '1' }],
    ['recordThenRefuse', drafts],
    ['put', { key: 'k', value: '2' }],
  )
  expect(refusal).toMatchObject({ code: 'CONFLICT' })
}

/** One slice: the oldest places, up to the first that is young, the last message whole. */
function prune(before: number): void {
  const [gone] = run(['prune', { before, now: 1 }])
  let rows = 0
  for (const entry of entries) {
    if (entry.gone) continue
    if (entry.at >= before || rows >= sliceRows) break
    entry.gone = true
    rows += entry.places.size
  }
  expect(gone).toBe(rows)
}

function placesOf(name: string) {
  return entries.flatMap(({ id, gone, places }) => {
    const version = places.get(name)
    return version === undefined ? [] : [{ id, version, gone }]
  })
}
function read(call: Call): Page {
  const reader = openReader(databasePath(dir))
  const answer = runRead(reader, procedures, call)
  reader.close(true)
  expect(answer).toHaveProperty('ok')
  return (answer as { ok: Page }).ok
}

function checkSince(channel: string, version: number, limit: number): void {
  const page = read(['since', { channel, version, limit }])
  const places = placesOf(channel)
  const wanted = places.filter((place) => !place.gone && place.version > version)
  expect(page.messages.map(({ id, version }) => ({ id: Number(id), version: version! }))).toEqual(
    wanted.slice(0, limit).map(({ id, version }) => ({ id, version })),
  )
  expect(page.more).toBe(wanted.length > limit)
  expect(page.gone).toBe(places.some((place) => place.gone && place.version > version))
}

function checkAfter(channels: readonly string[], id: number, limit: number): void {
  const page = read(['after', { channels, id: String(id), limit }])
  const later = entries.filter(
    (entry) => entry.id > id && channels.some((name) => entry.places.has(name)),
  )
  const wanted = later.filter(({ gone }) => !gone)
  expect(page.messages.map(({ id }) => Number(id))).toEqual(
    wanted.slice(0, limit).map(({ id }) => id),
  )
  for (const { id, channel, version } of page.messages) {
    expect(channels).toContain(channel)
    const entry = entries.find((entry) => entry.id === Number(id))
    expect(entry?.places.get(channel)).toBe(version)
  }
  expect(page.more).toBe(wanted.length > limit)
  expect(page.gone).toBe(later.some(({ gone }) => gone))
}

const questions = fc.array(
  fc.record({
    asked: fc.subarray(names, { minLength: 1 }),
    position: fc.double({ min: 0, max: 1.05, noNaN: true }),
    limit: fc.integer({ min: 1, max: 80 }),
  }),
  { minLength: 8, maxLength: 8 },
)

test('history answers as a plain list would, whatever was recorded, refused, pruned or restarted before', () => {
  fc.assert(
    fc
      .property(steps, questions, (steps, questions) => {
        for (const step of steps) take(step)
        for (const { asked, position, limit } of questions) {
          const [name] = asked
          checkSince(name!, Math.floor(position * (heads.get(name!) ?? 0)), limit)
          const last = entries.at(-1)?.id ?? 0
          checkAfter(asked, Math.max(0, Math.floor(position * last)), limit)
        }
      })
      .beforeEach(() => {
        end()
        start()
      }),
    { numRuns: 60 },
  )
})

test('a channel of many thousands is read from any position, its oldest kept message included', () => {
  for (let batch = 0; batch < 20; batch++)
    record(Array.from({ length: 500 }, (_, index) => draftOf(['jive/a'], batch * 500 + index)))
  for (let slice = 0; slice < 9; slice++) prune(2_047)
  for (const version of [0, 2_046, 2_047, 2_048, 4_095, 5_000, 8_191, 9_999, 10_000])
    for (const limit of [1, 7, 200]) {
      checkSince('jive/a', version, limit)
      checkAfter(['jive/a', 'jive/b'], version, limit)
    }
})

test('a page after a message is full although its first row is a further place of that very message', () => {
  record(Array.from({ length: 12 }, () => draftOf(['jive/a', 'jive/b'])))
  for (const { id } of entries)
    for (const limit of [1, 3, 10, 11, 12]) {
      checkAfter(['jive/b'], id, limit)
      checkAfter(['jive/b', 'jive/a'], id, limit)
    }
})

test('a page of many channels looks up a page of places, not a page of each, since everybody else waits meanwhile', () => {
  const many = Array.from({ length: 100 }, (_, index) => `jive/f${index}`)
  for (let batch = 0; batch < 100; batch++) record(many.map((name) => draftOf([name])))
  let walked = 0
  const db = new Proxy(opened.db, {
    get: (target, name) => {
      if (name !== 'query') return Reflect.get(target, name, target)
      return (sql: string) => {
        const statement = target.query(sql)
        if (!sql.startsWith('WITH RECURSIVE')) return statement
        return { all: (...bindings: number[]) => counted(statement.all(...bindings)) }
      }
    },
  })
  const counted = (rows: unknown[]) => {
    walked += rows.length
    return rows
  }
  const question = { channels: many, id: '5000', limit: 200 }
  expect((after({ db } as unknown as Context, question) as Page).messages).toHaveLength(200)
  expect(walked).toBeLessThan(1_000)
})

test('a page of large messages ends early and says so, since every slow reader of a replay keeps one', () => {
  const large = { ...draftOf(['jive/a']), body: JSON.stringify('x'.repeat(99_998)) }
  record(Array.from({ length: 20 }, () => large))
  for (const call of [
    ['after', { channels: ['jive/a'], id: '3', limit: 200 }],
    ['since', { channel: 'jive/a', version: 3, limit: 200 }],
  ] as const) {
    const page = read(call)
    expect(page.messages.map(({ version }) => version)).toEqual([4, 5, 6, 7, 8, 9])
    expect(page).toMatchObject({ more: true, gone: false })
  }
})
