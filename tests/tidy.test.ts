import { expect, test } from 'bun:test'
import { Glob } from 'bun'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const root = join(import.meta.dir, '..')
const sources = [...new Glob('src/**/*.{ts,tsx}').scanSync(root)].sort()
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Which folders and packages each part of src may import; `system` stands for its own folder. */
const mayImport: Record<string, readonly string[]> = {
  'src/core': ['src/core', 'valibot', 'jose', 'bun', 'node:'],
  'src/storage': ['src/storage', 'src/core', 'src/systems', 'bun', 'bun:sqlite', 'node:'],
  'src/brokers': ['src/brokers', 'src/core'],
  'src/systems': ['system', 'src/core', 'src/system.ts', 'hono', 'valibot', 'node:crypto'],
  'src/http': ['src/http', 'src/core', 'src/system.ts', 'hono', 'valibot', 'node:crypto', 'bun'],
  'src/console': [
    'src/console',
    'src/core',
    'src/http',
    'src/system.ts',
    'src/pages/console/api.ts',
    'src/pages/console/reports.ts',
    'hono',
    'valibot',
  ],
  'src/documents': ['src/documents', 'src/core', 'valibot', '@valibot/to-json-schema', 'hono'],
  'src/server.ts': ['src/core', 'src/system.ts', 'hono', 'bun'],
  'src/config': ['src/config', 'src/core', 'valibot', 'node:'],
  'src/pages': ['src/pages', 'src/client', 'preact', 'uplot', '@picocss/pico'],
  'src/client': ['src/client'],
  'src/client.ts': ['src/client'],
  'src/system.ts': ['src/core', 'hono', 'valibot'],
}

/** Every module a file imports: project paths from the root, packages by name. */
function importsOf(path: string): string[] {
  const found = read(path).matchAll(
    /^(?:import|export) (?:type )?[\w*{}\s,]+? from '([^']+)'|import\('([^']+)'\)/gm,
  )
  return [...found].map(([, named, lazy]) => {
    const target = named ?? lazy ?? ''
    return target.startsWith('.') ? normalize(join(dirname(path), target)) : target
  })
}

function allowed(path: string, target: string): boolean {
  const room = Object.keys(mayImport).find((key) => path === key || path.startsWith(`${key}/`))
  if (room === undefined) return true
  if (path.startsWith('src/storage') && target.startsWith('src/systems')) {
    return /\/(events|books|partners|people|orders|inbox|ledger|chains?|draw|curve)\.ts$/.test(
      target,
    )
  }
  return (mayImport[room] ?? []).some((one) => {
    const base = one === 'system' ? path.split('/').slice(0, 3).join('/') : one
    return target === base || target.startsWith(base.endsWith(':') ? base : `${base}/`)
  })
}

test('each part imports only what its layer may, so that the core knows no wire format', () => {
  const wrong = sources.flatMap((path) =>
    importsOf(path)
      .filter((target) => !allowed(path, target))
      .map((target) => `${path} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('every export says in a sentence what it promises, so that nobody has to read its code', () => {
  const silent = sources.flatMap((path) => {
    const lines = read(path).split('\n')
    return lines
      .filter(
        (line, at) =>
          /^export (?!(type )?(\{|\* ))/.test(line) && !/\*\/$/.test(lines[at - 1] ?? ''),
      )
      .map((line) => `${path}: ${line}`)
  })
  expect(silent).toEqual([])
})

test('the core, the storage and the systems can fail the rule of layers, so that it holds something', () => {
  expect(allowed('src/core/hub.ts', 'src/http/app.ts')).toBe(false)
  expect(allowed('src/storage/sqlite/jive.ts', 'src/systems/jive/routes.ts')).toBe(false)
  expect(allowed('src/storage/sqlite/jive.ts', 'src/systems/jive/books.ts')).toBe(true)
  expect(allowed('src/systems/jive/jive.ts', 'src/storage/sqlite/jive.ts')).toBe(false)
  expect(allowed('src/systems/jive/jive.ts', 'src/systems/crash/crash.ts')).toBe(false)
})

test('only the clock files of server and client touch the clock, so that time is a parameter everywhere', () => {
  const clock = /\b(Date\.now|performance\.now|setTimeout|setInterval)\b|new Date\(\)|Bun\.sleep/
  // The last one writes programs for other machines.
  const clocks = ['src/core/clock.ts', 'src/client/clock.ts', 'src/pages/play/code.ts']
  const wrong = sources.filter((path) => !clocks.includes(path) && clock.test(read(path)))
  expect(wrong).toEqual([])
})

test('files stay within 250 lines, so that each is one noun', () => {
  const long = sources.filter((path) => read(path).split('\n').length > 251)
  expect(long).toEqual([])
})

/** The functions of a file with the lines that are their own: those of functions within them do not count. */
function functionsOf(path: string): { name: string; lines: number }[] {
  const lines = read(path).split('\n')
  const open: { name: string; indent: number; own: number }[] = []
  const done: { name: string; lines: number }[] = []
  for (const line of lines) {
    const indent = line.search(/\S/)
    const top = open.at(-1)
    if (indent < 0) continue
    if (top !== undefined) top.own++
    if (top !== undefined && indent === top.indent && /^\s*[})]/.test(line) && !/\{$/.test(line)) {
      done.push({ name: top.name, lines: top.own })
      open.pop()
      continue
    }
    const starts =
      /^\s*(?:export )?(?:default )?(?:async )?function\*? ?(\w+)/.exec(line) ??
      /^\s+(?:async )?\*?(\w+)(?:<.*>)?\(.*\{$/.exec(line) ??
      /^\s*(?:export )?(?:const )?(\w+)(?: =|:) (?:async )?\(?.*=> \{$/.exec(line)
    if (starts !== null && !/^\s*(if|for|while|switch|catch|return)\b/.test(line)) {
      if (line.trimEnd().endsWith('}')) continue
      open.push({ name: starts[1] ?? '', indent, own: 1 })
    }
  }
  return done
}

test('functions stay within 50 lines of their own, so that each can be seen at once', () => {
  const long = sources.flatMap((path) =>
    functionsOf(path)
      .filter(({ lines }) => lines > 50)
      .map(({ name, lines }) => `${path} ${name}: ${lines} lines`),
  )
  expect(long).toEqual([])
})

test('the function counter sees functions, so that the rule above can fail', () => {
  const found = functionsOf('src/core/hub.ts').map(({ name }) => name)
  expect(found).toContain('createHub')
  expect(found).toContain('systemChannels')
})

test('lock files name no host, so that they install everywhere', () => {
  expect(read('bun.lock')).not.toContain('://')
})

test('versions of dependencies are exact, so that two machines install the same', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  for (const version of Object.values({ ...dependencies, ...devDependencies })) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  }
})

test('every dependency has its line in docs/dependencies.md, so that each was chosen', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  const page = read('docs/dependencies.md')
  const missing = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !page.includes(`| ${name} |`),
  )
  expect(missing).toEqual([])
})
