import { expect, test } from 'bun:test'
import { Glob } from 'bun'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  closeCodes,
  errorCodes,
  Refusal,
  refusalResponse,
  wantsLater,
} from '../../src/core/errors.ts'
import { createCodec } from '../../src/systems/crash/codec.ts'
import { refused } from '../../src/systems/dcs/envelope.ts'
import { codec as jive } from '../../src/systems/jive/codec.ts'
import { codec as locallife } from '../../src/systems/locallife/codec.ts'
import { farewell } from '../../src/systems/pledge/codec.ts'
import { serverKey, start } from '../fixture.ts'
import { page, rowsUnder, statusesOf } from './errors-page.ts'

const root = join(import.meta.dir, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const sources = [...new Glob('src/**/*.ts').scanSync(root)].map((path) => ({
  path,
  text: read(path),
}))

/** Names of what `verb('NAME'` says anywhere in the sources. */
function said(verb: string): Set<string> {
  const pattern = new RegExp(`\\b(?:${verb})\\(\\s*'([A-Z_]+)'`, 'g')
  return new Set(
    sources.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, code = '']) => code)),
  )
}

test('the page tells every code of the table, in its order, with its status, and no other', () => {
  expect([...statusesOf.keys()]).toEqual(Object.keys(errorCodes))
  for (const [code, status] of Object.entries(errorCodes)) {
    expect({ code, told: statusesOf.get(code)?.[0] }).toEqual({ code, told: status })
  }
})

test('a second status is told where a refusal has one of its own, and nowhere else', () => {
  const others = [...statusesOf].filter(([, statuses]) => statuses.length > 1)
  expect(others).toEqual([
    ['INSUFFICIENT_BALANCE', [400, 409]],
    ['RIDER_OFFLINE', [403, 409]],
  ])
})

test('each code is refused with somewhere, so that the page tells of nothing that cannot happen', () => {
  const thrown = said('Refusal|fieldRefusal|wantsLater')
  expect(Object.keys(errorCodes).filter((code) => !thrown.has(code))).toEqual([])
})

test('every code says whether to try again and who answers it, and who may come back later is told to wait', () => {
  const advice = /^(no|no: .+|wait|same key|signed anew)$/
  const later = said('wantsLater')
  for (const [code = '', , meaning, again = '', who] of rowsUnder('Codes')) {
    expect({ code, again }).toEqual({ code, again: expect.stringMatching(advice) })
    expect([code, meaning, who]).not.toContain('')
    if (later.has(code.replaceAll('`', '')))
      expect({ code, again }).toEqual({ code, again: 'wait' })
  }
})

test('the page tells every close code of our wires, each once and with whether to come back', () => {
  const rows = rowsUnder('Close codes')
  const told = new Map(rows.map(([code, , by, again]) => [Number(code), { by, again }]))
  expect(told.size).toBe(rows.length)
  for (const { code, reconnect } of Object.values(closeCodes)) {
    const { again = '' } = told.get(code) ?? {}
    expect({ code, comesBack: /^yes/.test(again) }).toEqual({
      code,
      comesBack: reconnect,
    })
  }
  const ours = new Set<number>(Object.values(closeCodes).map(({ code }) => code))
  const others = [...told.keys()].filter((code) => !ours.has(code))
  expect(others).toEqual([1002, 1005, 1006, 1007])
})

test('each close code is sent somewhere but for those of clients, so that the page tells of nothing that cannot happen', () => {
  const all = sources.filter(({ path }) => path !== 'src/core/errors.ts').map(({ text }) => text)
  const { normal, goingAway, ...ours } = closeCodes
  const byClients = [normal, goingAway].map(({ code }) => String(code))
  const rows = rowsUnder('Close codes')
  const told = rows.filter(([, , by]) => by!.startsWith('the client')).map(([code]) => code)
  expect(told).toEqual([...byClients, '1005', '1006'])
  const unused = Object.keys(ours).filter(
    (name) => !all.some((text) => new RegExp(`(close\\w*\\(|expired).*'${name}'`).test(text)),
  )
  expect(unused).toEqual([])
})

/** What the page shows in backticks in the row of a system. */
function sample(first: string): string {
  const row = page.split('\n').find((line) => line.startsWith(`| ${first}`))
  return /\| `(\{.*\})`/.exec(row ?? '')?.[1] ?? 'none'
}

test('the samples of the wires are what the systems write', async () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5)
  const family = new Refusal('FORBIDDEN', 'No access to "family:f2"')
  const unknown = new Refusal('UNKNOWN_COMMAND', 'Unknown command "x"')
  const details = { required: 15_000, available: 10_000 }
  const low = new Refusal('INSUFFICIENT_BALANCE', 'The balance is too low', details)
  const request = { id: 'msg-1', name: 'PLACE_BET', data: null, receivedAt: 0 }
  const crash = createCodec({ decimals: 2 })
  expect(sample('jive')).toBe(jive.refusal(family, null, at) as string)
  expect(sample('locallife')).toBe(locallife.refusal(unknown, null, at) as string)
  expect(sample('crash')).toBe(crash.refusal(low, request, at) as string)
  expect(sample('pledge')).toBe(farewell)
  const nonce = refused(new Refusal('DAPI_NONCE_USED', '…'))
  expect(sample('`/websocket')).toBe(await nonce.text())
})

test('the samples of the wires are those of the systems themselves', () => {
  const golden = (path: string) => JSON.parse(read(`tests/systems/${path}.json`))
  expect(JSON.parse(sample('jive'))).toEqual(golden('jive/golden/error'))
  expect(JSON.parse(sample('pledge'))).toEqual(golden('pledge/golden/heartbeat-timeout'))
  const { p, ...frame } = golden('crash/golden/error')
  const told = JSON.parse(sample('crash'))
  expect(Object.keys(told)).toEqual(Object.keys({ ...frame, p }))
  expect(Object.keys(told.p)).toEqual(Object.keys(p))
  const base = golden('locallife/golden/base')
  expect(Object.keys(JSON.parse(sample('locallife')))).toEqual(Object.keys(base))
})

test('the first sample is the answer of a server', async () => {
  await using server = await start()
  const path = '/api/channels/jive/family:f1/history?limit=0'
  const answer = await server.fetch(path, { token: serverKey })
  const [, head, body] = /```\nHTTP\/1\.1 (.+)\n(\{.*\})\n```/.exec(page) ?? []
  expect(`${answer.status} ${answer.statusText}`).toBe(head!)
  expect(await answer.text()).toBe(body!)
})

test('what is to be asked again over HTTP says when, and nothing else does', () => {
  const after = (refusal: Refusal) => refusalResponse(refusal).headers.get('retry-after')
  expect(after(wantsLater('OVERLOADED', 'Too much', 1_001))).toBe('2')
  expect(after(new Refusal('STORE_UNAVAILABLE', 'The disk is full'))).toBe('1')
  const others = ['NOT_CONFIGURED', 'TOO_MANY_SUBSCRIPTIONS', 'CONFLICT', 'INTERNAL_ERROR'] as const
  expect(others.map((code) => after(new Refusal(code, 'No', { limit: 5 })))).toEqual([
    null,
    null,
    null,
    null,
  ])
})
