import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { loadConfig } from '../../src/config.ts'
import { openDoors } from '../doors.ts'
import { serverKey, start, type Fixture, type TestClient } from '../fixture.ts'
import { handshakeOf } from '../hostile/raw.ts'
import { demanded } from '../machine.ts'
import { recipes, type Proxy, type Recipe } from './proxy.ts'

const MB = 1024 ** 2
const limits = { trusted_proxies: ['127.0.0.1'] }

/** A server behind a proxy, which goes first. */
async function behind(recipe: Recipe, flags: Parameters<typeof start>[0] = { limits }) {
  const server = await start(flags)
  const proxy = await recipe.start(server.url)
  return {
    server,
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** A member of the family f1, which has been told that it is connected. */
async function member(server: Fixture, { url }: Proxy): Promise<TestClient> {
  const token = await server.token('ann', { families: ['f1'] })
  const client = await server.connect(`/jive/ws?token=${token}`, { base: url })
  expect((await client.next()).type).toBe('Connected')
  return client
}

const ping = { command: 'Ping' }
const isPong = ({ type }: { type: string }) => type === 'Pong'

function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, tls: { rejectUnauthorized: false } } as RequestInit)
}

const note = (data: object) => ({ transaction_id: 't1', action: 'created', data })
const backend = { authorization: `Bearer ${serverKey}`, 'content-type': 'application/json' }

/** Shakes hands through the proxy from an address of this machine, with headers of its own. */
async function from(proxy: Proxy, address: string, path: string, lines: string[] = []) {
  const head = Promise.withResolvers<string>()
  const port = Number(new URL(proxy.url).port)
  const options = { port, host: '127.0.0.1', localAddress: address, rejectUnauthorized: false }
  const socket = connect(options, () => {
    const text = handshakeOf(path).replace('Host: test', `Host: localhost:${port}`)
    socket.write(text.replace('\r\n\r\n', ['', ...lines, '', ''].join('\r\n')))
  })
  socket.on('data', (data) => head.resolve(String(data)))
  socket.on('error', head.reject)
  const text = await head.promise
  const retryAfter = /^retry-after: (.*)\r$/im.exec(text)?.[1]
  return { status: Number(text.split(' ')[1]), retryAfter, end: () => void socket.destroy() }
}

describe.each(recipes.map((recipe) => [recipe.tool, recipe] as const))(
  'behind %s',
  (tool, recipe) => {
    const using = test.skipIf(!demanded && Bun.which(tool) === null)

    using('every system is reached, and messages flow both ways', async () => {
      await using place = await behind(recipe)
      const { server, proxy } = place
      for (const [system, path] of Object.entries(await openDoors(server))) {
        const { status, end } = await from(proxy, '127.0.0.1', path)
        expect({ system, status }).toEqual({ system, status: 101 })
        end()
      }
      const client = await member(server, proxy)
      expect(await client.upTo(ping, isPong)).toEqual([])
      const body = { channel: 'jive/family:f1', type: 'TransactionUpdate', data: note({ n: 1 }) }
      const init = { method: 'POST', body: JSON.stringify(body), headers: backend }
      expect((await ask(`${proxy.url}/api/publish`, init)).status).toBe(200)
      expect(await client.next()).toMatchObject({ type: 'TransactionUpdate' })
      expect((await ask(`${proxy.url}/readyz`)).status).toBe(200)
    })

    using('frames of a megabyte pass, and compression is agreed on from end to end', async () => {
      const flags = { limits: { ...limits, max_backlog: 8 * MB }, jive: { compression: true } }
      await using place = await behind(recipe, flags)
      const { server, proxy } = place
      const client = await member(server, proxy)
      expect(client.socket.extensions).toContain('permessage-deflate')
      const text = crypto.getRandomValues(Buffer.alloc(500_000)).toString('hex')
      const large = JSON.stringify({ command: 'Ping', data: text })
      expect(await client.upTo(large, isPong)).toEqual([])
      const full = `{"command":"Ping","data":"${'x'.repeat(MB - 28)}"}`
      expect(full.length).toBe(MB)
      expect(await client.upTo(full, isPong)).toEqual([])
      await server.publish('jive/family:f1', 'TransactionUpdate', note({ text }))
      expect((await client.next()).data.data.text).toBe(text)
    })

    using('close codes pass in both directions', async () => {
      await using place = await behind(recipe)
      const { server, proxy } = place
      const [leaving, ended] = [await member(server, proxy), await member(server, proxy)]
      leaving.socket.close(3001, 'bye')
      await server.settled(() => server.logged.some((line) => line.includes('"code":3001')))
      const path = `${proxy.url}/api/users/jive/ann/connections`
      expect((await ask(path, { method: 'DELETE', headers: backend })).status).toBe(204)
      expect(await ended.close()).toEqual({ code: 4403, reason: 'not allowed' })
    })

    using('limits count the client’s own address, whatever it says of itself', async () => {
      await using place = await behind(recipe, {
        limits: { ...limits, max_connections_per_ip: 1 },
      })
      const { server, proxy } = place
      const path = '/pledge/ws'
      const lie = [
        'X-Forwarded-For: 203.0.113.9',
        'X-Real-IP: 203.0.113.9',
        'Forwarded: for=203.0.113.9',
      ]
      const clients = []
      for (const [address, lines, status] of [
        ['127.0.0.2', lie, 101],
        ['127.0.0.2', [], 429],
        ['127.0.0.2', ['X-Forwarded-For: 203.0.113.8'], 429],
        ['127.0.0.3', [], 101],
      ] as const) {
        const client = await from(proxy, address, path, [...lines])
        expect({ address, lines, status: client.status }).toEqual({ address, lines, status })
        clients.push(client)
      }
      const opened = server.logged.filter((line) => line.includes('connection opened'))
      const addresses = opened.map((line) => JSON.parse(line).address)
      expect(addresses).toEqual(['127.0.0.2', '127.0.0.3'])
      for (const { end } of clients) end()
    })

    using(
      'a reload lets connections go on, or ends them with a code to come back on, and newcomers come in',
      async () => {
        await using place = await behind(recipe)
        const { server, proxy } = place
        const client = await member(server, proxy)
        proxy.reload()
        const next = await member(server, proxy)
        expect(await next.upTo(ping, isPong)).toEqual([])
        if (recipe.keepsOnReload) expect(await client.upTo(ping, isPong)).toEqual([])
        else expect((await client.close()).code).toBe(1001)
      },
    )

    using(
      'who is turned away during a restart is told when to come again, before and after the end',
      async () => {
        await using place = await behind(recipe)
        const { server, proxy } = place
        const client = await member(server, proxy)
        const silent = await from(proxy, '127.0.0.1', '/pledge/ws')
        let done = false
        // Time stands still, so that whoever answers no ping keeps the server from its end.
        const stopping = server.fanfare.stop().finally(() => (done = true))
        server.clock.advance(500)
        expect((await client.close()).code).toBe(1012)
        const refused = await from(proxy, '127.0.0.1', '/pledge/ws')
        expect([refused.status, refused.retryAfter]).toEqual([503, '1'])
        await server.settled(() => {
          server.clock.advance(500)
          return done
        })
        await stopping
        silent.end()
        const away = await ask(`${proxy.url}/api/v21/price`)
        expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1'])
        expect(await away.json()).toEqual({
          code: 'RESTARTING',
          message: 'The server is restarting',
        })
      },
    )

    using(
      'neither metrics nor bodies over the limit come through, and no secret is logged',
      async () => {
        await using place = await behind(recipe)
        const { server, proxy } = place
        const doors = await openDoors(server)
        for (const path of Object.values(doors)) (await from(proxy, '127.0.0.1', path)).end()
        expect((await ask(`${proxy.url}/metrics`)).status).toBe(404)
        const init = { method: 'POST', body: 'x'.repeat(8 * MB + 1), headers: backend }
        expect((await ask(`${proxy.url}/api/publish`, init)).status).toBe(413)
        await server.stop()
        const away = await Promise.all(Object.values(doors).map((path) => ask(proxy.url + path)))
        for (const { status } of away) expect(status).toBe(503)
        await Bun.sleep(100)
        const logged = proxy.logged()
        expect(logged).toContain('127.0.0.1')
        for (const secret of [doors['dcs']!.slice(4), 'eyJ', serverKey]) {
          expect(logged).not.toContain(secret)
        }
      },
    )
  },
)

const page = readFileSync(join(import.meta.dir, '../../docs/deploy/README.md'), 'utf8')

/** The seconds that a directive of the recipe for nginx says. */
function seconds(directive: string): number {
  return Number(new RegExp(`^ *${directive} (\\d+)s;`, 'm').exec(recipes[0]!.text)?.[1])
}

test('the settings of the page are settings, and trust nobody but the proxy', async () => {
  const [, toml = ''] = /```toml\n([\s\S]*?)```/.exec(page) ?? []
  const file = join(mkdtempSync(join(tmpdir(), 'fanfare-deploy-')), 'fanfare.toml')
  writeFileSync(file, toml)
  const { config } = await loadConfig({ file, env: { FANFARE_AUTH_SECRET: 'x'.repeat(32) } })
  rmSync(dirname(file), { recursive: true })
  const { host, port, systems } = config.listen[0]!
  expect([host, port, systems]).toEqual(['127.0.0.1', 8080, '*'])
  expect(config.limits.trusted_proxies).toEqual(['127.0.0.1'])
  for (const { text } of recipes) expect(text).toContain(`127.0.0.1:${port}`)
})

test('no proxy gives up on a client that lives, nor sends a request on a connection that is about to close', async () => {
  const { config } = await loadConfig({ env: { FANFARE_AUTH_SECRET: 'x'.repeat(32) } })
  const { dcs, jive, locallife, pledge, crash } = config
  const told = [...page.matchAll(/^\| (\w+) \| the .* (\d+) s \|$/gm)]
  expect(Object.fromEntries(told.map(([, name, cut]) => [name, Number(cut) * 1_000]))).toEqual({
    dcs: dcs.timeout,
    jive: jive.timeout,
    locallife: locallife.timeout,
    pledge: pledge.timeout,
    crash: crash.timeout,
  })
  // Longer than its timeout no client is silent, and the server pings more often than that.
  const silence = Math.max(...[dcs, jive, locallife, pledge, crash].map(({ timeout }) => timeout))
  expect(silence).toBe(90_000)
  expect(seconds('proxy_read_timeout') * 1_000).toBeGreaterThan(silence)
  expect(seconds('proxy_send_timeout') * 1_000).toBeGreaterThan(silence)
  const server = readFileSync(join(import.meta.dir, '../../src/server.ts'), 'utf8')
  const idle = Number(/idleTimeout: (\d+)/.exec(server)?.[1])
  expect(seconds('keepalive_timeout')).toBeLessThan(idle)
  expect(Number(/keepalive (\d+)s/.exec(recipes[1]!.text)?.[1])).toBeLessThan(idle)
  expect(recipes[1]!.text).toContain(`> ${config.limits.max_body}\``)
  expect(recipes[0]!.text).toContain(`client_max_body_size ${config.limits.max_body / MB}m;`)
})
