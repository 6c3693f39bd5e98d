import { expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorCodes } from '../../../src/core/errors.ts'
import { fakeClock } from '../../clock.ts'
import { serverKey, start, type Fixture } from '../../fixture.ts'
import { partner, type Partner } from './scenario.ts'

const page = readFileSync(join(import.meta.dir, '../../../docs/systems/dcs.md'), 'utf8')

/** The code blocks of the page in a language, in order. */
function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  )
}

/** What is signed by programs of their own is signed by the real time. */
const realTime = () => ({ ...fakeClock(), now: Date.now })

/** A running program whose lines are read as they come. */
function run(words: string[], env: Record<string, string>) {
  const child = Bun.spawn(words, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  return {
    type(text: string) {
      void child.stdin.write(text)
      void child.stdin.flush()
    },
    /** The next line it prints. */
    async line(): Promise<string> {
      for (;;) {
        const end = buffer.indexOf('\n')
        if (end >= 0) {
          const line = buffer.slice(0, end)
          buffer = buffer.slice(end + 1)
          return line
        }
        const { value, done } = await reader.read()
        if (done) throw new Error(`It ended after ${JSON.stringify(buffer)}`)
        buffer += value
      }
    },
    async end() {
      child.kill()
      await child.exited
    },
  }
}

function folder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'fanfare-dcs-docs-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

/** The JavaScript of the page as a program that runs until the block ends. */
async function example(server: Fixture, { apiKey, apiSecret }: Partner, env = {}) {
  const [code = '', ...others] = blocks('js')
  expect(others).toEqual([])
  const temporary = folder()
  const file = join(temporary.path, 'partner.mjs')
  writeFileSync(file, code)
  const own = { BASE: server.url, API_KEY: apiKey, API_SECRET: apiSecret }
  const program = run([process.execPath, file], { ...own, ...env })
  return {
    async lines(count: number) {
      const taken: string[] = []
      while (taken.length < count) taken.push(await program.line())
      return taken
    },
    async [Symbol.asyncDispose]() {
      await program.end()
      temporary[Symbol.dispose]()
    },
  }
}

test('the JavaScript of the page listens, is replaced, comes back, and misses and repeats nothing', async () => {
  await using server = await start({}, { clock: realTime() })
  const acme = await partner(server, 'acme')
  await acme.tell('u0')
  await using client = await example(server, acme)
  await listening(server)
  await acme.tell('u1')
  expect(await client.lines(2)).toEqual([
    '1 KYC_STATUS u0 {"status":"PASS"}',
    '2 KYC_STATUS u1 {"status":"PASS"}',
  ])
  // Another process fetches a channel; this one finds itself replaced and takes over again.
  await acme.channel()
  expect(server.listeners('dcs/partner:acme')).toBe(0)
  await acme.tell('u2')
  await acme.tell('u3', 'REFUSE')
  expect(await client.lines(2)).toEqual([
    '3 KYC_STATUS u2 {"status":"PASS"}',
    '4 KYC_STATUS u3 {"status":"REFUSE"}',
  ])
  await acme.tell('u4')
  expect(await client.lines(1)).toEqual(['5 KYC_STATUS u4 {"status":"PASS"}'])
})

test('the JavaScript of the page says so when it was away for longer than history is kept, and goes on', async () => {
  await using server = await start({}, { clock: realTime() })
  const acme = await partner(server, 'acme')
  for (const user of ['u1', 'u2', 'u3']) await acme.tell(user)
  await server.host.store.prune(server.clock.now() + 1, server.clock.now())
  await using client = await example(server, acme, { LAST: '1' })
  expect(await client.lines(1)).toEqual(['away for too long: read how things stand'])
  await listening(server)
  await acme.tell('u4')
  expect(await client.lines(1)).toEqual(['4 KYC_STATUS u4 {"status":"PASS"}'])
})

/** Waits for a program to connect, however long that takes to start. */
async function listening(server: Fixture): Promise<void> {
  while (server.listeners('dcs/partner:acme') === 0) await Bun.sleep(5)
}

const tools = ['bash', 'curl', 'openssl'].every((tool) => Bun.which(tool) !== null)

/** Stands in for `npx wscat`, which has to be fetched: does what `-c` does and prints what comes. */
const wscat = `#!${process.execPath}
const [name, flag, url] = process.argv.slice(2)
if (name !== 'wscat' || flag !== '-c') throw new Error('Not the wscat of the page')
new WebSocket(url).onmessage = ({ data }) => console.log('< ' + data)
`

test.skipIf(!tools && !process.env['FANFARE_REQUIRE_ALL'])(
  'the shell lines of the page work as they stand, needing bash, curl and openssl',
  async () => {
    const [make, sign, connect, publish, search, ...others] = blocks('sh')
    expect(others).toEqual([])
    await using server = await start({}, { clock: realTime() })
    using temporary = folder()
    mkdirSync(join(temporary.path, 'bin'))
    const npx = join(temporary.path, 'bin', 'npx')
    writeFileSync(npx, wscat)
    chmodSync(npx, 0o755)
    const PATH = `${join(temporary.path, 'bin')}:${process.env['PATH']}`
    const env = { BASE: server.url, SERVER_KEY: serverKey, PATH }
    const shell = run(['bash', '--norc'], env)
    const answer = async (lines: string) => {
      shell.type(`${lines}\necho\n`)
      for (;;) {
        const line = await shell.line()
        if (line !== '') return line
      }
    }
    let terminal: ReturnType<typeof run> | null = null
    try {
      const channel = await answer(`${make}\n${sign}\necho "$CHANNEL"`)
      expect(channel).toMatch(/^[0-9A-Za-z]{22}$/)
      terminal = run(['bash', '--norc', '-c', `exec ${connect!.trim()}`], {
        ...env,
        CHANNEL: channel,
      })
      await listening(server)
      expect(JSON.parse(await answer(publish!))).toMatchObject({ version: 1, recipients: 1 })
      const frame = await terminal.line()
      expect(page).toContain(frame.replace(/"timestamp":"\d+"/, '"timestamp":"1731471194021"'))
      const found = JSON.parse(await answer(search!))
      expect(`< ${found.data}`).toBe(frame)
    } finally {
      await terminal?.end()
      await shell.end()
    }
  },
)

test('every code that the page names exists, with the status it gives', () => {
  const rows = [...page.matchAll(/^\| (\d{3}) \| (`[A-Z_`, ]+`) \|/gm)]
  expect(rows.length).toBeGreaterThan(15)
  for (const [, status, codes = ''] of rows) {
    for (const [, code = ''] of codes.matchAll(/`([A-Z_]+)`/g)) {
      expect([code, errorCodes[code as never] as number]).toEqual([code, Number(status)])
    }
  }
})

test('every row is in the table, so that none is forgotten', () => {
  const rows = [...page.matchAll(/^\| (D\d+) \|/gm)].map(([, row]) => row)
  expect(rows).toEqual(Array.from({ length: 21 }, (_, index) => `D${index + 1}`))
})
