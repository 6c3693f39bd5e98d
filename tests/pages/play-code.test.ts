import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { make } from '../../src/assets.ts'
import type { Action, PlaySession } from '../../src/pages/play/api.ts'
import {
  codeOf,
  curl,
  socketUrl,
  wscat,
  type CodeKind,
  type Setup,
} from '../../src/pages/play/code.ts'
import { cleanUp, serve } from '../cli/server.ts'
import { start } from '../fixture.ts'

/** What the lines of WeChat speak to, over the socket of Bun. */
const wx = `globalThis.wx = {
  connectSocket({ url }) {
    const socket = new WebSocket(url)
    const on = (name) => (run) => socket.addEventListener(name, run)
    const [onOpen, onMessage, onClose, onError] = ['open', 'message', 'close', 'error'].map(on)
    return { onOpen, onMessage, onClose, onError, send: ({ data }) => socket.send(data) }
  },
}
`

let folder = ''
let origin = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fanfare-play-'))
  writeFileSync(join(folder, 'client.js'), await make('client.js'))
  ;[origin = ''] = await serve(['--dev']).urls()
})
const programs: Bun.Subprocess[] = []
afterEach(() => programs.splice(0).forEach((one) => one.kill('SIGKILL')))
afterAll(() => {
  cleanUp()
  rmSync(folder, { recursive: true, force: true })
})

async function enter(system: string, role: string): Promise<PlaySession> {
  const body = JSON.stringify({ system, role })
  const answer = await fetch(`${origin}/api/play/session`, { method: 'POST', body })
  expect(answer.status).toBe(200)
  return answer.json() as Promise<PlaySession>
}

/** Runs code as a program of its own, and waits until it has printed each of the texts. */
async function run(kind: CodeKind, setup: Setup, texts: readonly string[], ready: () => unknown) {
  const code = codeOf(kind, setup).replace(`${origin}/client.js`, './client.js')
  const file = join(folder, `${setup.session.system}-${kind}.js`)
  writeFileSync(file, (kind === 'WeChat' ? wx : '') + code)
  const child = Bun.spawn([process.execPath, file], { stdout: 'pipe', stderr: 'inherit' })
  programs.push(child)
  let out = ''
  let told = false
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += chunk
    if (!told && texts[0] !== undefined && out.includes(texts[0])) {
      told = true
      await ready()
    }
    if (texts.every((text) => out.includes(text))) return
  }
  throw new Error(`It printed only ${out}`)
}

async function order({ path, method, bearer, body }: Omit<Action, 'name' | 'fresh'>) {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  const answer = await fetch(origin + path, { method, headers, body: JSON.stringify(body) })
  expect([path, answer.ok]).toEqual([path, true])
}

function publish(session: PlaySession, type: string, data: unknown) {
  const [channel] = session.channels
  const { externalUserId } = session
  const body = { channel, type, data, ...(externalUserId !== null && { externalUserId }) }
  return order({ path: '/api/publish', method: 'POST', bearer: session.key, body })
}

interface Case {
  readonly role: string
  readonly frame: string | null
  /** What the client prints when it is in, and once something has happened. */
  readonly client: readonly string[]
  /** The same of bare frames. */
  readonly bare: readonly string[]
  readonly happen: (session: PlaySession) => unknown
}

const note = { title: "It's", content: '$5 "off" \\ now' }
const cases: Readonly<Record<string, Case>> = {
  jive: {
    role: 'ann',
    frame: '{"command":"Subscribe","data":{"topic":"it\'s $x \\\\ y","ack":true}}',
    client: ['open', 'TransactionUpdate created'],
    bare: ['INVALID_TOPIC', '"action":"created"'],
    happen: ({ actions }) => order(actions[0]!),
  },
  dcs: {
    role: 'partner',
    frame: null,
    client: ['open', 'KYC_STATUS'],
    bare: ['open', '"type":"KYC_STATUS"'],
    happen: (session) => publish(session, 'KYC_STATUS', { status: 'PASS' }),
  },
  locallife: {
    role: 'rider',
    frame: '{"type":"ping"}',
    client: ['open', `notification ${note.title} ${note.content}`],
    bare: ['"pong"', '"type":"notification"'],
    happen: (session) => publish(session, 'notification', note),
  },
  pledge: {
    role: 'watcher',
    frame: 'ping',
    client: ['open', 'price 0.00'],
    bare: ['"pong"', '"code":0'],
    happen: () => {},
  },
  crash: {
    role: 'bob',
    frame: '{"i":"one","t":"PING"}',
    client: ['open', 'BALANCE_UPDATE'],
    bare: ['"PONG"', '"BALANCE_UPDATE"'],
    happen: ({ actions: [credit] }) =>
      order({ ...credit!, body: { ...credit!.body, tx_id: crypto.randomUUID() } }),
  },
}

describe('the code of a setup does what the page does', () => {
  for (const [system, { role, frame, client, bare, happen }] of Object.entries(cases)) {
    for (const kind of ['client.js', 'WebSocket', 'WeChat'] as const) {
      test(`in ${system}, as ${kind}: it connects, says its frame and tells what happens`, async () => {
        const session = await enter(system, role)
        const texts = kind === 'client.js' ? client : bare
        await run(kind, { origin, session, frame }, texts, () => happen(session))
      })
    }
  }
})

/** What a shell makes of a line: its words. */
async function words(line: string): Promise<string[]> {
  const shell = Bun.spawn(['sh', '-c', `set -- ${line}; for word; do printf '%s\\0' "$word"; done`])
  return (await new Response(shell.stdout).text()).split('\0').slice(0, -1)
}

test('a shell takes the lines for wscat and curl as they are meant, whatever is in them', async () => {
  const session = await enter('jive', 'ann')
  const frame = `{"say":"it's $HOME \`id\` \\\\"}`
  const setup = { origin, session, frame }
  const asked = ['npx', 'wscat', '-c', socketUrl(setup), '-w', '60', '-x', frame]
  expect(await words(wscat(setup))).toEqual(asked)
  expect(await words(codeOf('wscat', setup).trim())).toEqual(asked)
  const line = curl(origin, { method: 'POST', path: '/api/publish', bearer: 'key', body: frame })
  expect((await words(line)).slice(-1)).toEqual([frame])
  expect((await words(line)).slice(0, 4)).toEqual(['curl', '-X', 'POST', `${origin}/api/publish`])
  const secure = { ...setup, origin: 'https://127.0.0.1:1' }
  expect(wscat(secure)).toStartWith('npx wscat --no-check -c')
})

test('a text of Dart keeps its dollar signs, which would begin an expression', async () => {
  const session = await enter('jive', 'ann')
  const code = codeOf('Dart', { origin, session, frame: `{"a":"$b's \\n"}` })
  expect(code).toContain(`channel.sink.add('{"a":"\\$b\\'s \\\\n"}');`)
  expect(code).toContain(`Uri.parse('${socketUrl({ origin, session, frame: null })}')`)
})

test('where pages or documents are off there is no playground, since its forms are made from the documents', async () => {
  for (const off of [{ docs: false }, { pages: false }]) {
    await using server = await start({ dev: true, ...off })
    const { status } = await server.fetch('/play')
    const body = { system: 'jive', role: 'ann' }
    const session = await server.fetch('/api/play/session', { method: 'POST', body })
    expect([off, status, session.status]).toEqual([off, 404, 404])
  }
})

test('pages of other origins are given nothing, and neither is a name somebody else has given to this machine', async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${origin}/api/play/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ system: 'jive', role: 'ann' }),
    })
  const { host, port } = new URL(origin)
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: `https://evil.example:${port}` },
    { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
    { host: `evil.example:${port}` },
  ] as Record<string, string>[]) {
    const answer = await ask(headers)
    expect([headers, answer.status]).toEqual([headers, 403])
    expect(await answer.text()).not.toContain('token')
  }
  for (const headers of [
    { origin },
    { host: `localhost:${port}`, origin: `http://localhost:${port}` },
    { host },
  ] as Record<string, string>[]) {
    expect((await ask(headers)).status).toBe(200)
  }
})
