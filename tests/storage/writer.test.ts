import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../../src/core/errors.ts'
import type { Message } from '../../src/core/store.ts'
import type { Answer, Call } from '../../src/storage/sqlite/batch.ts'
import { coreProcedures } from '../../src/storage/sqlite/core.ts'
import { messagesAbove } from '../../src/storage/sqlite/history.ts'
import { databasePath, openFolder, openWriter, type Opened } from '../../src/storage/sqlite/open.ts'
import type { Context, Procedures } from '../../src/storage/sqlite/procedure.ts'
import { writer } from '../../src/storage/sqlite/writer.ts'

const procedures: Procedures = {
  ...coreProcedures,
  recordThenRefuse({ append }: Context, body: string) {
    append(draft(body))
    throw new Refusal('CONFLICT', 'Not today', { body })
  },
  recordThenBreak({ append }: Context, body: string) {
    append(draft(body))
    throw new TypeError('a bug')
  },
  refuseOddly() {
    throw new Refusal('RIDER_OFFLINE', 'Not there', undefined, 409)
  },
  /** What the system `shop` keeps beside each of its messages. */
  'shop.recorded'({ db }: Context, { id, channel, also = [], body }: Message) {
    const places = [channel, ...also.map((place) => place.channel)].join(' ')
    db.query('INSERT INTO fact (key, value) VALUES (?, ?)').run(`shop ${id}`, places)
    if (body === 'bad') throw new TypeError('a bug beside')
  },
  /** Hides whatever the engine says, as a careless procedure might. */
  recordQuietly({ append }: Context, body: string) {
    try {
      append(draft(body))
    } catch {}
  },
  /** The second place cannot be written once the first one is there. */
  recordHalf({ append, db }: Context, body: string) {
    db.run(
      "CREATE TEMP TRIGGER half BEFORE INSERT ON message WHEN NEW.first IS NOT NULL BEGIN SELECT raise(ABORT, 'half'); END",
    )
    try {
      append(twice(body))
    } catch {}
    db.run('DROP TRIGGER half')
  },
}

let dir: string
let opened: Opened

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-writer-'))
  opened = openFolder(dir, false)
})
afterEach(() => {
  opened.lock.release()
  opened.db.close(true)
  rmSync(dir, { recursive: true })
})

function draft(body: string) {
  return { channels: ['jive/family:1'] as const, type: 'Note', body, at: 1 }
}
function append(body: string): Call {
  return ['append', { drafts: [draft(body)], now: 1 }]
}
function isDone(answer: Answer | undefined): boolean {
  return answer !== undefined && 'ok' in answer
}
/** What another connection finds on disk. */
function kept(): string[] {
  const db = new Database(databasePath(dir), { readonly: true })
  const bodies = messagesAbove(db, 0).map(({ body }) => body)
  db.close(true)
  return bodies
}
/** The same connection, with `run` asked before each COMMIT. */
function atCommit(db: Database, run: (commit: () => void) => void): Database {
  return new Proxy(db, {
    get(target, name) {
      if (name !== 'query') {
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return (sql: string) => {
        const statement = target.query(sql)
        return sql === 'COMMIT' ? { run: () => run(() => statement.run()) } : statement
      }
    },
  })
}
function failWith(code: string): never {
  throw Object.assign(new Error('disk I/O error'), { code })
}

describe('a batch', () => {
  test('a refusal or a bug undoes that call alone, its messages included', () => {
    const writing = writer(opened.db, failWith.bind(null, 'none'), procedures)
    const { answers, messages, failure } = writing.run([
      append('1'),
      ['recordThenRefuse', '2'],
      append('3'),
      ['recordThenBreak', '4'],
      ['no such procedure', null],
      ['__proto__', null],
      append('5'),
    ])
    expect(failure).toBeNull()
    expect(answers.map(isDone)).toEqual([true, false, true, false, false, false, true])
    expect(answers[1]).toEqual({ code: 'CONFLICT', message: 'Not today', details: { body: '2' } })
    expect(answers[3]).toMatchObject({ bug: 'a bug', stack: expect.stringContaining('TypeError') })
    expect(answers[4]).toMatchObject({ bug: 'Unknown procedure "no such procedure"' })
    expect(messages.map(({ body }) => body)).toEqual(['1', '3', '5'])
    expect(messages.map(({ version }) => version)).toEqual([1, 2, 3])
    expect(kept()).toEqual(['1', '3', '5'])
  })

  test('a refusal keeps the status it was given', () => {
    const { run } = writer(opened.db, () => opened.db, procedures)
    const { answers } = run([['refuseOddly', null]])
    expect(answers).toEqual([{ code: 'RIDER_OFFLINE', message: 'Not there', status: 409 }])
  })

  test('that only looks, or is refused, tells nothing of the disk: a fault lasts until something is written', () => {
    let full = true
    const db = atCommit(opened.db, (commit) => (full ? failWith('SQLITE_FULL') : commit()))
    const { run } = writer(db, () => opened.db, procedures)
    expect(run([append('1')]).fault).toBe('disk I/O error (SQLITE_FULL)')
    full = false
    expect(run([['get', { key: 'a', now: 1 }]]).fault).toBe('disk I/O error (SQLITE_FULL)')
    expect(run([['recordThenRefuse', '2']]).fault).toBe('disk I/O error (SQLITE_FULL)')
    expect(run([['probe', 1]]).fault).toBeNull()
    expect(run([['get', { key: 'a', now: 1 }]]).fault).toBeNull()
  })

  test('what a system keeps beside its messages is there with them or not at all', () => {
    const { run } = writer(opened.db, () => opened.db, procedures)
    const shop = (body: string): Call => [
      'append',
      { drafts: [{ ...draft(body), channels: ['shop/a', 'shop/b'] }], now: 1 },
    ]
    const { answers, messages } = run([shop('good'), shop('bad'), append('elsewhere')])
    expect(answers.map((answer) => 'ok' in answer)).toEqual([true, false, true])
    expect(messages.map(({ body }) => body)).toEqual(['good', 'elsewhere'])
    expect(opened.db.query("SELECT value FROM fact WHERE key LIKE 'shop %'").values()).toEqual([
      ['shop/a shop/b'],
    ])
  })

  test('a procedure that hides a failed append leaves no half of it: a head without its message would break the channel', () => {
    const writing = writer(opened.db, failWith.bind(null, 'none'), procedures)
    const { answers, messages } = writing.run([append('1'), ['recordHalf', '2'], append('3')])
    expect(answers.map(isDone)).toEqual([true, false, true])
    expect(answers[1]).toMatchObject({ bug: 'half' })
    expect(messages.map(({ version }) => version)).toEqual([1, 2])
    expect(kept()).toEqual(['1', '3'])
  })

  test('a call of many drafts is recorded whole or not at all', () => {
    const writing = writer(opened.db, failWith.bind(null, 'none'), procedures)
    const broken = { ...draft('2'), at: 'not a time' }
    const { answers } = writing.run([['append', { drafts: [draft('1'), broken], now: 1 }]])
    expect(isDone(answers[0])).toBe(false)
    expect(kept()).toEqual([])
  })
})

describe('a full disk', () => {
  const filler = 'x'.repeat(3_000)

  /** Leaves room for some 20 pages more. */
  function fill(): void {
    const { page_count: pages } = opened.db.query('PRAGMA page_count').get() as {
      page_count: number
    }
    opened.db.run(`PRAGMA max_page_count = ${pages + 20}`)
  }

  test('in the middle of a batch fails all of it, what succeeded before too', () => {
    const writing = writer(opened.db, () => openWriter(databasePath(dir)), procedures)
    expect(isDone(writing.run([append('before')]).answers[0])).toBe(true)
    fill()
    const calls = Array.from({ length: 60 }, (_, index) => append(`${index}${filler}`))
    const { answers, messages, failure } = writing.run(calls)
    expect(failure?.reason).toContain('SQLITE_FULL')
    expect(answers).toHaveLength(60)
    for (const answer of answers) expect(answer).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(messages).toEqual([])
    expect(kept()).toEqual(['before'])

    opened.db.run('PRAGMA max_page_count = 1000000')
    const later = writing.run([append('after')])
    expect(later.failure).toBeNull()
    expect(later.messages.map(({ version }) => version)).toEqual([2])
    expect(kept()).toEqual(['before', 'after'])
  })

  test('that a procedure hides is noticed: nothing after it commits on its own', () => {
    const writing = writer(opened.db, () => openWriter(databasePath(dir)), procedures)
    fill()
    const calls = Array.from({ length: 60 }, (_, index): Call => [
      'recordQuietly',
      `${index}${filler}`,
    ])
    const { answers, messages, failure } = writing.run([...calls, append('small')])
    expect(failure).not.toBeNull()
    expect(answers).toHaveLength(61)
    expect(answers.some(isDone)).toBe(false)
    expect(messages).toEqual([])
    expect(kept()).toEqual([])
    writing.close()
  })

  test('over many batches leaves exactly what was reported as kept', () => {
    const writing = writer(opened.db, () => openWriter(databasePath(dir)), procedures)
    const acknowledged: string[] = []
    const told: string[] = []
    opened.db.run('PRAGMA max_page_count = 120')
    let failed = 0
    for (let batch = 0; batch < 40; batch++) {
      const bodies = Array.from(
        { length: 1 + (batch % 7) },
        (_, index) => `${batch}.${index}${filler}`,
      )
      const { answers, messages } = writing.run(bodies.map(append))
      bodies.forEach((body, index) => (isDone(answers[index]) ? acknowledged.push(body) : failed++))
      told.push(...messages.map(({ body }) => body))
    }
    expect(failed).toBeGreaterThan(0)
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(kept()).toEqual(acknowledged)
    expect(told).toEqual(acknowledged)
  })
})

describe('a COMMIT that fails', () => {
  test('and undid its work is answered as failed, the connection replaced', () => {
    let fail = true
    const faulty = atCommit(opened.db, (commit) => {
      if (fail) failWith('SQLITE_IOERR_FSYNC')
      commit()
    })
    let reopened = 0
    const reopen = () => {
      reopened++
      return openWriter(databasePath(dir))
    }
    const writing = writer(faulty, reopen, procedures)
    const { answers, messages, failure } = writing.run([append('1'), append('2')])
    expect(failure).toMatchObject({ unsure: true })
    for (const answer of answers)
      expect(answer).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { outcome: 'unknown' } })
    expect(messages).toEqual([])
    expect(reopened).toBe(1)
    fail = false
    expect(writing.run([append('3')]).messages).toMatchObject([{ body: '3', version: 1 }])
    expect(kept()).toEqual(['3'])
    writing.close()
  })

  test('although its work is on disk is told all the same, so that no listener has a gap', () => {
    const faulty = atCommit(opened.db, (commit) => {
      commit()
      failWith('SQLITE_IOERR_FSYNC')
    })
    const writing = writer(faulty, () => openWriter(databasePath(dir)), procedures)
    const lost = writing.run([append('1'), ['append', { drafts: [twice('2')], now: 1 }]])
    expect(lost.answers.map(isDone)).toEqual([false, false])
    expect(lost.messages).toMatchObject([
      { body: '1', version: 1 },
      { body: '2', version: 2, also: [{ channel: 'jive/global', version: 1 }] },
    ])
    const next = writing.run([append('3')])
    expect(next.messages).toMatchObject([{ body: '3', version: 3 }])
    expect(Number(next.messages[0]!.id)).toBeGreaterThan(Number(lost.messages[1]!.id))
    writing.close()
  })

  test('and a disk that stays away: every batch fails until it is back, then writing goes on', () => {
    let away = true
    const faulty = atCommit(opened.db, (commit) => {
      commit()
      failWith('SQLITE_IOERR_WRITE')
    })
    const reopen = () => {
      if (away) failWith('SQLITE_CANTOPEN')
      return openWriter(databasePath(dir))
    }
    const writing = writer(faulty, reopen, procedures)
    expect(writing.run([append('1')])).toMatchObject({ messages: [] })
    const { answers, failure } = writing.run([append('2'), append('3')])
    expect(answers.map(isDone)).toEqual([false, false])
    expect(failure?.reason).toContain('SQLITE_CANTOPEN')
    away = false
    const back = writing.run([append('4')])
    expect(isDone(back.answers[0])).toBe(true)
    expect(back.messages.map(({ body }) => body)).toEqual(['1', '4'])
    expect(kept()).toEqual(['1', '4'])
    writing.close()
  })
})

test('a disk that is full at the end keeps nobody from closing: what is in the log is there at the next start', () => {
  const full = new Proxy(opened.db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name === 'run') return () => failWith('SQLITE_FULL')
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const writing = writer(full, () => openWriter(databasePath(dir)), procedures)
  expect(isDone(writing.run([append('1')]).answers[0])).toBe(true)
  writing.close()
  expect(() => opened.db.query('SELECT 1').get()).toThrow('closed')
  expect(kept()).toEqual(['1'])
})

function twice(body: string) {
  return { ...draft(body), channels: ['jive/family:1', 'jive/global'] as const }
}
