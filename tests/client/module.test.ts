import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { make } from '../../src/assets.ts'
import { start } from '../fixture.ts'
import { until } from './time.ts'

const folder = mkdtempSync(join(tmpdir(), 'fanfare-client-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the module is under 8 KB packed and imports nothing, so that a page can carry it', async () => {
  const bytes = await make('client.js')
  expect(Bun.gzipSync(bytes, { level: 9 }).length).toBeLessThan(8 * 1024)
  expect(new TextDecoder().decode(bytes)).not.toMatch(/\b(import|require)\s*[({'"]/)
})

test('GET /client.js is a module that works as it comes, packed or not, for pages of any origin', async () => {
  await using server = await start()
  const plain = await fetch(`${server.url}/client.js`, {
    headers: { 'accept-encoding': 'identity' },
  })
  expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(plain.headers.get('access-control-allow-origin')).toBe('*')
  expect(plain.headers.get('content-encoding')).toBeNull()
  const text = await plain.text()
  const packed = await fetch(`${server.url}/client.js`, {
    headers: { 'accept-encoding': 'gzip' },
    decompress: false,
  })
  expect(packed.headers.get('content-encoding')).toBe('gzip')
  expect(new TextDecoder().decode(Bun.gunzipSync(await packed.arrayBuffer()))).toBe(text)
  const etag = plain.headers.get('etag') ?? ''
  const again = await fetch(`${server.url}/client.js`, {
    headers: { 'if-none-match': etag, 'accept-encoding': 'identity' },
  })
  expect(again.status).toBe(304)

  const file = join(folder, 'client.mjs')
  writeFileSync(file, text)
  const { jive } = (await import(file)) as typeof import('../../src/client.ts')
  const titles: string[] = []
  const client = jive({
    url: `${server.url.replace('http', 'ws')}/jive/ws`,
    token: () => server.token('ann', { families: ['f1'] }),
    on: { Notification: ({ title }) => void titles.push(title) },
  })
  await until(
    () => client.state.name === 'open',
    () => client.state,
  )
  await server.publish('jive/family:f1', 'Notification', {
    level: 'info',
    title: 'a',
    message: 'b',
  })
  await until(
    () => titles.length === 1,
    () => titles,
  )
  client.close()
})

const node = Bun.which('node')
test.skipIf(node === null && !process.env['FANFARE_REQUIRE_ALL'])(
  'it runs in Node as it is (needs node 22, or a WebSocket of its own)',
  async () => {
    await using server = await start()
    const file = join(folder, 'in-node.mjs')
    writeFileSync(join(folder, 'module.mjs'), await make('client.js'))
    const token = await server.token('ann', { families: ['f1'] })
    // Node 20 has no global WebSocket: a stand-in shows that a constructor is all that is needed.
    writeFileSync(
      file,
      `import { jive } from './module.mjs'
      const seen = []
      class Stub {
        constructor(url) {
          seen.push(new URL(url).pathname)
          setTimeout(() => {
            this.onopen({})
            this.onmessage({ data: '{"type":"Connected","data":{"user_id":"ann","last":"7"}}' })
            this.onmessage({ data: '{"type":"Notification","id":"8","data":{"title":"hello"}}' })
          }, 1)
        }
        send() {}
        close() {}
      }
      const client = jive({
        url: ${JSON.stringify(server.url.replace('http', 'ws'))} + '/jive/ws',
        token: ${JSON.stringify(token)},
        WebSocket: globalThis.WebSocket ?? Stub,
        on: {
          state: ({ name }) => {
            if (name === 'open') setTimeout(() => client.close(), 50)
            if (name === 'closed') console.log('closed')
          },
        },
      })`,
    )
    const child = Bun.spawn([node!, file], { stdout: 'pipe', stderr: 'pipe' })
    expect([await child.stdout.text(), await child.stderr.text()]).toEqual(['closed\n', ''])
  },
)
