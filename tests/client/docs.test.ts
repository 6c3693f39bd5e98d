import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { make } from '../../src/assets.ts'
import { casino } from '../systems/crash/casino.ts'
import { partner } from '../systems/dcs/scenario.ts'
import { member } from '../systems/jive/scenario.ts'
import { town } from '../systems/locallife/scenario.ts'
import { floor } from '../systems/pledge/scenario.ts'
import { start } from '../fixture.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/client.md'), 'utf8')

/** Takes away what Node 18 to 20, mini-programs and browsers of 2023 lack, so that every example shows the module to work there. */
const older = `
delete Promise.withResolvers
delete Promise.try
for (const name of ['toSorted', 'toReversed', 'toSpliced', 'with']) delete Array.prototype[name]
for (const name of ['union', 'difference', 'intersection']) delete Set.prototype[name]
delete Object.groupBy
`

/** Runs the code of a chapter as a program of its own; its lines come one by one. */
async function run(chapter: string, values: Record<string, string>, helpers = '') {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-client-docs-'))
  writeFileSync(join(folder, 'client.js'), await make('client.js'))
  const [, code = ''] =
    new RegExp(`^## ${chapter}\\n.*?^\`\`\`js\\n(.*?)^\`\`\``, 'ms').exec(page) ?? []
  const given = Object.entries(values).map(
    ([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`,
  )
  writeFileSync(join(folder, 'example.js'), older + given.join('') + helpers + code)
  const child = Bun.spawn([process.execPath, join(folder, 'example.js')], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const lines = (async function* () {
    let text = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const whole = text.split('\n')
      text = whole.pop() ?? ''
      yield* whole
    }
  })()
  return {
    async line(): Promise<string> {
      const { value } = await lines.next()
      return value ?? 'it has ended'
    },
    [Symbol.dispose]() {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
const ws = (url: string) => url.replace('http', 'ws')

test('the example of jive works as it stands', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1', '10')
  using program = await run('jive', { BASE: ws(server.url), TOKEN: ann.token })
  expect(await program.line()).toBe('connecting')
  expect(await program.line()).toBe('open')
  expect(await program.line()).toBe('1 accounts')
  await ann.spend(account, { amount: '-2.50', description: 'Lunch' })
  expect(await program.line()).toBe('created Lunch -2.5')
  expect(await program.line()).toBe('balance 7.5')
})

test('the example of dcs works as it stands', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  await acme.tell('u1')
  const helpers = `const fetchChannel = async () => ${JSON.stringify(await acme.channel())}\n`
  using program = await run('dcs', { BASE: ws(server.url) }, helpers)
  expect(await program.line()).toMatch(/^1 KYC_STATUS \{/)
})

test('the example of locallife works as it stands', async () => {
  await using city = await town()
  await city.rider('rita', 'west')
  const values = { BASE: ws(city.server.url), TOKEN: await city.token('rita') }
  using program = await run('locallife', values)
  await city.note('rider:rita', 'hello')
  expect(await program.line()).toMatch(/^hello /)
})

test('the example of pledge works as it stands', async () => {
  await using market = await floor()
  market.tell('0.0027')
  using program = await run('pledge', { BASE: ws(market.server.url) })
  expect(await program.line()).toBe('0.0027')
})

test('the example of crash works as it stands', async () => {
  await using house = await casino()
  const values = { BASE: ws(house.server.url), TOKEN: await house.token('alice') }
  using program = await run('crash', values)
  expect(await program.line()).toBe('betting 0')
  expect(await program.line()).toBe('left 9990.00')
  await house.until('flying')
  await house.pass(200)
  expect(Number(await program.line())).toBeGreaterThanOrEqual(1)
})
