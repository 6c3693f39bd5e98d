import { expect, test } from 'bun:test'
import { Glob } from 'bun'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../src/config.ts'
import { keys } from '../../src/config/keys.ts'
import { sentences } from '../../src/console/reasons.ts'
import { createMetrics } from '../../src/core/metrics.ts'
import { refusalsOf } from '../../src/core/operation.ts'
import { descriptions } from '../../src/descriptions.ts'
import {
  meaningOf,
  originText,
  reasonText,
  refusalText,
  stateText,
} from '../../src/pages/console/sayings.ts'
import { sayings } from '../../src/pages/console/sayings-zh.ts'
import { saltSource, type SaltKind } from '../../src/systems/crash/salt-source.ts'
import type { Chain } from '../../src/systems/crash/chains.ts'
import { quicknet } from '../../src/systems/crash/drand.ts'
import { createPrices } from '../../src/systems/pledge/prices.ts'
import { checkOf } from '../../src/systems/pledge/readiness.ts'
import { fakeClock } from '../clock.ts'

const root = join(import.meta.dir, '../..')
const chinese = /\p{Script=Han}/u
/** Three words of English one behind the other: a sentence, not a name. */
const english = /[A-Za-z]+ [a-z]+ [a-z]+/

test('every reason of a delivery has its Chinese sentence, which speaks of the same things', () => {
  expect(Object.keys(sayings.reasons)).toEqual(Object.keys(sentences))
  const about = {
    ...{ user: 'ann', system: 'jive', channel: 'jive/family:f1', version: 71, id: '42' },
    ...{ connections: ['1f', '2a'], listening: 3, later: 5, times: 8 },
  }
  const named = ['ann', 'jive', 'jive/family:f1', '71', '42', '1f', '2a', '3', '5', '8']
  const spokenOf = (text: string) => named.filter((one) => text.includes(one))
  for (const [reason, say] of Object.entries(sentences)) {
    const why = (say as (values: typeof about) => string)(about)
    const step = { reason, about, why } as unknown as Parameters<typeof reasonText>[1]
    const said = reasonText(sayings, step)
    expect([reason, said]).toEqual([reason, expect.stringMatching(chinese)])
    expect([reason, said]).not.toEqual([reason, expect.stringMatching(english)])
    expect([reason, spokenOf(said)]).toEqual([reason, spokenOf(why)])
    expect(reasonText(null, step)).toBe(why)
  }
})

test('every code that a question or an action of the page can be refused with has its Chinese sentence, and no other', () => {
  const sources = [...new Glob('src/pages/console/*.{ts,tsx}').scanSync(root)]
    .filter((path) => !path.endsWith('/api.ts'))
    .map((path) => readFileSync(join(root, path), 'utf8'))
  const paths = sources.flatMap((text) => text.match(/\/api\/[a-z/]+/g) ?? [])
  const asked = descriptions
    .flatMap(({ operations }) => operations)
    .filter(({ path }) => paths.some((one) => path.startsWith(one)))
  expect(asked.map(({ id }) => id)).toContain('explainDelivery')
  const codes = new Set<string>(asked.flatMap(refusalsOf))
  const ofNoServer = ['HTTP', 'NONE']
  expect(Object.keys(sayings.refusals).sort()).toEqual([...codes, ...ofNoServer].sort())
  for (const said of Object.values(sayings.refusals)) expect(said).toMatch(chinese)
  expect(refusalText(sayings, 'HTTP_502')).toBe(sayings.refusals['HTTP']!)
  // A code that the page does not know is told as the server says it, and so is everything in English.
  expect(refusalText(sayings, 'RIDER_OFFLINE')).toBeNull()
  expect(refusalText(null, 'NOT_FOUND')).toBeNull()
})

test('every setting has its Chinese meaning, with the same figures and the same code in it', () => {
  expect(Object.keys(sayings.settings).sort()).toEqual(keys.map(({ path }) => path).sort())
  const figures = (text: string) => (text.match(/`[^`]*`|\d+|\/[a-z][\w./]+/g) ?? []).sort()
  for (const { path, description } of keys) {
    const said = meaningOf(sayings, path, description)
    expect([path, said]).toEqual([path, expect.stringMatching(chinese)])
    expect([path, said]).not.toEqual([path, expect.stringMatching(english)])
    expect([path, figures(said)]).toEqual([path, figures(description)])
    expect(meaningOf(null, path, description)).toBe(description)
  }
})

test('every origin of a setting has its Chinese word, and names of files, variables and flags stay', async () => {
  const env = { FANFARE_LOG_LEVEL: 'warn' }
  const flags = { 'limits.max_frame': '2MB' }
  const { origins } = await loadConfig({ env, flags, dev: true, folder: '/nonexistent' })
  const said = new Set([...origins.values()].map(({ source }) => originText(sayings, source)))
  expect([...said].sort()).toEqual(
    ['命令行 --limits-max-frame', '开发模式', '环境变量 FANFARE_LOG_LEVEL', '默认'].sort(),
  )
  expect(originText(sayings, 'fanfare.toml:3:1')).toBe('fanfare.toml:3:1')
  expect(originText(null, 'flag --port')).toBe('flag --port')
})

test('what the check of pledge says is told in Chinese, but for why the exchange is out of reach', () => {
  const clock = fakeClock(0)
  const prices = createPrices(clock, 10_000)
  prices.take('A-B', '1')
  clock.advance(45_000)
  prices.take('C-D', '1')
  const symbols = ['A-B', 'C-D', 'E-F', 'G-H', 'I-J', 'K-L', 'M-N']
  function said(up: boolean | null, reason: string | null = null): string | null {
    const feed =
      up === null ? null : { state: () => ({ up, since: clock.elapsed() - 42_000, reason }) }
    const parts = { symbols, prices, feed, clock, metrics: createMetrics() }
    const told = checkOf({ ...parts, required: false })() as { readonly tolerated: string }
    return stateText(sayings, told.tolerated)
  }
  const ages =
    'A-B 45 秒前（过期），C-D 0 秒前，E-F 没有价格，G-H 没有价格，I-J 没有价格，另有 2 个'
  expect(said(true)).toBe(`正常；${ages}`)
  expect(said(null)).toBe(`未启用；${ages}`)
  expect(said(false)).toBe(`已中断 42 秒；${ages}`)
  expect(said(false, 'token: status 500')).toBe(`已中断 42 秒（token: status 500）；${ages}`)
})

test('why no round begins is told in Chinese where the game has a sentence for it, and free text stays as it is', () => {
  const chain = { id: 12, saltSource: `drand:${quicknet.hash}:4711` } as unknown as Chain
  const kinds: readonly SaltKind[] = ['manual', 'drand', 'local']
  const waiting = kinds.map((kind) =>
    saltSource(kind, { url: 'http://x', clock: fakeClock(0) }).waiting(chain),
  )
  expect(waiting.map((one) => stateText(sayings, one))).toEqual([
    '链 12 等待加盐：fanfare crash chain salt VALUE',
    '链 12 等待信标 drand 的第 4711 轮',
    '链 12 即将加盐',
  ])
  const game = ['game', 'rounds', 'salts'].map((name) =>
    readFileSync(join(root, `src/systems/crash/${name}.ts`), 'utf8'),
  )
  const idle = game.flatMap((text) => text.match(/(?<=[:?] |\?\? )'[A-Z][a-z]+ [^'\n]+'/g) ?? [])
  expect(idle).toHaveLength(3)
  for (const one of idle) expect(stateText(sayings, one.slice(1, -1))).toMatch(chinese)
  expect(stateText(sayings, 'ok')).toBe('正常')
  expect(stateText(sayings, 'draining')).toBe('正在停机')
  expect(stateText(sayings, 'database or disk is full (SQLITE_FULL)')).toBeNull()
  expect(stateText(null, 'ok')).toBeNull()
})
