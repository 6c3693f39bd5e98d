import { describe, expect, test } from 'bun:test'
import { Glob } from 'bun'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeCodes, errorCodes, Refusal, type ErrorCode } from '../../src/core/errors.ts'

const codes = Object.keys(errorCodes) as ErrorCode[]

describe('error codes', () => {
  test('each has an HTTP status of a refusal and reads like a code', () => {
    for (const code of codes) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
      const status = errorCodes[code]
      expect(status).toBeGreaterThanOrEqual(400)
      expect(() => new Response(null, { status })).not.toThrow()
    }
  })

  test('a refusal carries the status of its code, its details and no other name', () => {
    for (const code of codes) {
      const refusal = new Refusal(code, 'No', { limit: 5 })
      expect(refusal).toBeInstanceOf(Error)
      expect(refusal).toMatchObject({
        code,
        status: errorCodes[code],
        details: { limit: 5 },
      })
      expect(refusal.name).toBe('Refusal')
    }
  })
})

describe('close codes', () => {
  const reasons = Object.values(closeCodes)

  test('are told apart by number, since a client sees nothing else reliably', () => {
    expect(new Set(reasons.map(({ code }) => code)).size).toBe(reasons.length)
    expect(new Set(reasons.map(({ reason }) => reason)).size).toBe(reasons.length)
  })

  test('are numbers an endpoint may send, with a reason that fits its frame (RFC 6455, 5.5 and 7.4)', () => {
    for (const { code, reason } of reasons) {
      const standard = [1000, 1001, 1009, 1012, 1013].includes(code)
      expect(standard || (code >= 4000 && code < 5000)).toBe(true)
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
    }
  })

  test('are told in the documents as the table has them, with whether to come back', () => {
    const pages = [...new Glob('docs/systems/*.md').scanSync(join(import.meta.dir, '../..'))]
    const rows = pages.flatMap((path) => [
      ...readFileSync(join(import.meta.dir, '../..', path), 'utf8').matchAll(
        /^\| (\d{4}) \| [^|]+ \| ([^|]+) \|$/gm,
      ),
    ])
    expect(rows.length).toBeGreaterThan(0)
    for (const [row, code, advice = ''] of rows) {
      const known = reasons.find((one) => one.code === Number(code))
      expect(`${row} ${/^(yes|later)/.test(advice)}`).toBe(`${row} ${known?.reconnect}`)
    }
  })
})
