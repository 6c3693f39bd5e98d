import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createLog, logLevels, type LogLevel } from '../../src/core/log.ts'
import { fakeClock } from '../clock.ts'

const at = Date.UTC(2026, 10, 20, 22, 41, 3, 120)

function logging(format: 'json' | 'text', level: LogLevel = 'trace') {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  return { lines, log: createLog({ level, format, write, clock: fakeClock(at) }) }
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '\r',
      '\n',
      '\u001b[2K',
      '\u2028',
      '\u2029',
      '\u009b',
      '"',
      '\\',
      '=',
      '\u202e',
      'a',
    ),
  }),
)

describe('JSON lines', () => {
  test('say time, level and event first and then the fields, without those that are undefined', () => {
    const { log, lines } = logging('json')
    log.info('connection opened', {
      system: 'jive',
      id: 'x1',
      user: undefined,
      n: 2,
      ok: true,
      by: null,
    })
    expect(lines).toEqual([
      '{"at":"2026-11-20T22:41:03.120Z","level":"info","event":"connection opened","system":"jive","id":"x1","n":2,"ok":true,"by":null}\n',
    ])
  })

  test('are one object a line whatever a client put into a string', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (event, key, value) => {
        const { log, lines } = logging('json')
        log.error(event, new Error(value), { [key]: value })
        expect(lines).toHaveLength(1)
        const [line = ''] = lines
        expect(line.split(/[\r\n\u2028\u2029]/)).toEqual([line.slice(0, -1), ''])
        expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
        const entry = JSON.parse(line) as Record<string, unknown>
        expect(entry.level).toBe('error')
        expect(entry.event).toBe(event.toWellFormed() === event ? event : entry.event)
      }),
    )
  })

  test('keep a field apart that is named like a part of the line', () => {
    const { log, lines } = logging('json')
    log.error('x', 'cause', { level: 'info', event: 'forged', at: 0, error: 'e', stack: 's' })
    const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    expect(entry).toMatchObject({ level: 'error', event: 'x', error: 'cause', level_: 'info' })
  })

  test('tell an error with its stack and its cause', () => {
    const { log, lines } = logging('json')
    log.error('command failed', new TypeError('no x', { cause: new Error('disk') }), { id: 'a' })
    const entry = JSON.parse(lines[0] ?? '') as Record<string, string>
    expect(entry.error).toBe('TypeError: no x; cause: Error: disk')
    expect(entry.stack).toContain('log.test.ts')
    expect(entry.id).toBe('a')
  })

  test('cut long strings, so that a frame of 1 MB does not become a line of 1 MB', () => {
    const { log, lines } = logging('json')
    log.warn('x', { text: 'é'.repeat(1_000_000) })
    expect(lines[0]?.length).toBeLessThan(3_000)
    expect(lines[0]).toContain('…')
  })

  test('survive whatever is thrown, because a log that throws hides the fault', () => {
    const { log, lines } = logging('json')
    const odd = new Error('x')
    Object.defineProperty(odd, 'message', {
      get() {
        throw new Error('in getter')
      },
    })
    const loop = new Error('loop')
    loop.cause = loop
    for (const thrown of [
      undefined,
      null,
      5,
      'text',
      {},
      Object.create(null),
      Symbol('s'),
      odd,
      loop,
    ]) {
      log.error('failed', thrown)
    }
    expect(lines).toHaveLength(9)
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('error')
  })
})

describe('text lines', () => {
  test('read like a sentence with fields', () => {
    const { log, lines } = logging('text')
    log.info('connection opened', {
      system: 'jive',
      id: 'x1',
      gone: undefined,
      reason: null,
      by: 'two words',
      n: 1.5,
    })
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:03\.120 info  connection opened system=jive id=x1 by="two words" n=1\.5\n$/,
    )
  })

  test('cannot be forged, because nothing from a client starts a line or steers the terminal', () => {
    fc.assert(
      fc.property(hostile, hostile, (event, value) => {
        const { log, lines } = logging('text')
        log.error(event, new Error(value), { value })
        const [first = '', ...rest] = (lines[0] ?? '').slice(0, -1).split('\n')
        expect(first).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error /)
        for (const line of rest) expect(line).toMatch(/^ {4}at /)
        expect(lines[0]?.replaceAll('\n', '')).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/,
        )
      }),
    )
  })

  test('show where an error comes from on indented lines, since people read them', () => {
    const { log, lines } = logging('text')
    log.error('command failed', new Error('no x'))
    expect(lines[0]).toContain('command failed error="Error: no x"\n    at ')
  })
})

test('levels below the chosen one are not written', () => {
  for (const [index, level] of logLevels.entries()) {
    const { log, lines } = logging('json', level)
    log.trace('t')
    log.debug('d')
    log.info('i')
    log.warn('w')
    log.error('e', new Error('x'))
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(
      logLevels.slice(index),
    )
  }
})

test('warnings and errors are counted whether they are written or not, so that metrics can ring', () => {
  const { log, lines } = logging('json', 'error')
  expect(log.troubles).toEqual({ warn: 0, error: 0 })
  log.info('nothing')
  log.warn('doubtful')
  log.warn('doubtful')
  log.error('broken', new Error('cause'))
  expect(log.troubles).toEqual({ warn: 2, error: 1 })
  expect(lines).toHaveLength(1)
})
