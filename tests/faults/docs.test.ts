import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tortures } from '../torture/run.ts'

const docs = join(import.meta.dir, '../../docs')
const page = readFileSync(join(docs, 'reliability.md'), 'utf8')

test('docs/reliability.md names every torture with what it needs, and none that there is not', async () => {
  const needed = page.slice(page.indexOf('| torture | what it needs |'))
  const rows = [...needed.matchAll(/^\| (`.*?) \| (.*?) \|$/gm)]
  const listed = rows.flatMap(([, names = '', needs = '']) =>
    [...names.matchAll(/`([a-z-]+)`/g)].map(([, name]) => ({ name: name!, needs })),
  )
  const all = await tortures()
  expect(listed.map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort())
  for (const { name, needs = [] } of all) {
    const told = listed.find((one) => one.name === name)!.needs
    const missing = needs.filter((need) => need !== 'mount' && !told.includes(need))
    expect({ name, missing }).toEqual({ name, missing: [] })
  }
})

test('every promise of docs/reliability.md has a test that is there', async () => {
  const promises = [...page.matchAll(/^\| (\d+) \| .* \| (.*?) \|$/gm)]
  expect(promises.map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  const names = new Set((await tortures()).map(({ name }) => name))
  for (const [, number, held = ''] of promises) {
    const files = [...held.matchAll(/\]\((.*?)\)/g)].map(([, path]) => path!)
    const run = [...held.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!)
    expect({ number, held: files.length + run.length > 0 }).toEqual({ number, held: true })
    expect(files.filter((path) => !existsSync(join(docs, path)))).toEqual([])
    expect(run.filter((name) => !names.has(name))).toEqual([])
  }
})

test('the commands of docs/reliability.md run tortures that there are', async () => {
  const names = new Set((await tortures()).map(({ name }) => name))
  const commands = [...page.matchAll(/^npm run torture -- (.*?)(?: {2,}#.*)?$/gm)]
  expect(commands).not.toBeEmpty()
  for (const [, words = ''] of commands) {
    const run = words.split(' --')[0]!.split(' ')
    expect(run.filter((name) => !names.has(name))).toEqual([])
  }
})
