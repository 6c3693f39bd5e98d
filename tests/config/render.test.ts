import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config.ts'
import { keys, variableOf } from '../../src/config/keys.ts'
import { defaultFile, jsonSchema, toml } from '../../src/config/render.ts'

test('a file with every default changes nothing, so that it is a safe start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-render-'))
  const file = join(folder, 'fanfare.toml')
  writeFileSync(file, defaultFile())
  const written = await loadConfig({ env: {}, dev: false, file })
  rmSync(folder, { recursive: true })
  const plain = await loadConfig({ env: {}, dev: false, folder: '/nonexistent' })
  expect(written.config).toEqual(plain.config)
})

test('the default file names every key, the optional ones commented out', () => {
  const uncommented = defaultFile().replaceAll(/^# (\w+ = "")$/gm, '$1')
  const tree = Bun.TOML.parse(uncommented) as object
  for (const { path } of keys) {
    const found = path.split('.').reduce((table: any, name) => table?.[name], tree)
    expect([path, found !== undefined]).toEqual([path, true])
  }
})

test('the JSON Schema has every key with its default, and refuses others', () => {
  const schema = jsonSchema() as any
  for (const { path, fallback } of keys) {
    const tables = path.split('.')
    const name = tables.pop()!
    let table = schema
    for (const part of tables) table = table.properties[part]
    expect(table.additionalProperties).toBe(false)
    expect(table.properties[name].default).toEqual(fallback)
    expect(table.properties[name].description).toContain(variableOf(path))
  }
})

test('values survive being written as TOML, quotes and control characters included', () => {
  const value = { text: 'a"b\\c\n\u0001é', list: ['x', 1, true], table: { 'a.b': 'c' } }
  expect(Bun.TOML.parse(`v = ${toml(value)}`)).toEqual({ v: value })
})

describe('docs/configuration.md', () => {
  const page = readFileSync(join(import.meta.dir, '../../docs/configuration.md'), 'utf8')
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z0-9_.]+)` \| (.*?) \|/gm)].map(([, path, fallback]) => [
      path,
      fallback,
    ]),
  )

  test.each(keys.map(({ path, fallback }) => [path, fallback] as const))(
    'names %s with its default',
    (path, fallback) => {
      expect(rows.get(path)).toBe(fallback === undefined ? '–' : `\`${toml(fallback)}\``)
    },
  )

  test('names no key that does not exist', () => {
    const known = new Set(keys.map(({ path }) => path))
    expect([...rows.keys()].filter((path) => !known.has(path!))).toEqual([])
  })
})
