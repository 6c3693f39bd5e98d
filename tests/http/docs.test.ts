import { createHash } from 'node:crypto'
import { describe, expect, test } from 'bun:test'
import { descriptions } from '../../src/descriptions.ts'
import { adapted } from '../../src/documents/adapt.ts'
import type { AsyncApi } from '../../src/documents/asyncapi.ts'
import { openapiOf, type OpenApi } from '../../src/documents/openapi.ts'
import { version } from '../../src/version.ts'
import { start, type Fixture } from '../fixture.ts'

const systems = ['dcs', 'jive', 'locallife', 'pledge', 'crash']
const local = { host: '127.0.0.1', port: 0 } as const

describe('the documents of a server', () => {
  test('are there for anybody, since whoever writes a client has no key yet', async () => {
    await using server = await start()
    const answer = await server.fetch('/openapi.json')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
    const here = { systems: ['console', ...systems], pages: true, development: false, decimals: 2 }
    expect(await answer.json()).toEqual(adapted(openapiOf(descriptions, version), here))
    for (const system of systems) {
      const told = await server.fetch(`/asyncapi/${system}.json`)
      expect([told.status, told.headers.get('content-type')]).toEqual([200, 'application/json'])
      expect(((await told.json()) as AsyncApi).asyncapi).toBe('3.0.0')
    }
    expect((await server.fetch('/docs')).headers.get('content-type')).toStartWith('text/html')
  })

  test('tell of the systems that run and of no other', async () => {
    await using server = await start({ systems: ['pledge'] })
    await using alone = await start({ systems: ['pledge'], pages: false })
    const tags = async (of: Fixture) =>
      ((await (await of.fetch('/openapi.json')).json()) as OpenApi).tags.map(({ name }) => name)
    expect(await tags(server)).toEqual(['common', 'console', 'pledge'])
    expect(await tags(alone)).toEqual(['common', 'pledge'])
    expect((await server.fetch('/asyncapi/pledge.json')).status).toBe(200)
    const html = await (await server.fetch('/docs')).text()
    expect(html).toContain('/api/v21/price')
    expect(html).not.toContain('/api/dcs/partners')
    for (const name of ['crash', 'nothing', '__proto__', 'constructor']) {
      const answer = await server.fetch(`/asyncapi/${name}.json`)
      expect([answer.status, await answer.json()]).toEqual([
        404,
        { code: 'NOT_FOUND', message: 'No such system runs here' },
      ])
    }
    expect((await server.fetch('/asyncapi/pledge')).status).toBe(404)
  })

  test('are on listeners that serve everything alone, and nowhere when they are turned off', async () => {
    const paths = ['/docs', '/openapi.json', '/asyncapi/jive.json']
    await using server = await start({
      listen: [
        { ...local, systems: '*' },
        { ...local, systems: ['jive'] },
      ],
    })
    const [all, jive] = server.fanfare.listeners.map(({ url }) => url.origin)
    const internal = server.fanfare.internal!.url.origin
    await using silent = await start({ docs: false })
    for (const path of paths) {
      expect((await fetch(all + path)).status).toBe(200)
      for (const base of [jive!, internal, silent.url]) {
        expect((await fetch(base + path)).status).toBe(404)
      }
    }
  })

  test('are not sent again to whoever has them', async () => {
    await using server = await start()
    for (const path of ['/docs', '/openapi.json', '/asyncapi/crash.json']) {
      const first = await server.fetch(path)
      const tag = first.headers.get('etag')!
      expect([tag.length > 8, first.headers.get('cache-control')]).toEqual([true, 'no-cache'])
      const again = await fetch(server.url + path, { headers: { 'if-none-match': tag } })
      expect([again.status, await again.text()]).toEqual([304, ''])
      const other = await fetch(server.url + path, { headers: { 'if-none-match': '"other"' } })
      expect([other.status, await other.text()]).toEqual([200, await first.text()])
    }
  })

  test('come packed to whoever takes that, since a page of 300 KB is 30 KB on its way to a phone', async () => {
    await using server = await start()
    for (const path of ['/docs', '/openapi.json', '/asyncapi/crash.json']) {
      const [packed, plain] = await Promise.all(
        ['gzip', 'identity'].map((encoding) =>
          fetch(server.url + path, { headers: { 'accept-encoding': encoding } }),
        ),
      )
      expect(packed!.headers.get('content-encoding')).toBe('gzip')
      expect(plain!.headers.get('content-encoding')).toBeNull()
      expect(packed!.headers.get('vary')).toContain('accept-encoding')
      expect(await packed!.text()).toBe(await plain!.text())
    }
  })

  test('name the address by which this client has found us, and the listeners that have a system alone', async () => {
    await using server = await start({
      listen: [
        { ...local, systems: '*' },
        { ...local, systems: ['jive'] },
      ],
    })
    const [{ port: all }, { port: alone }] = server.fanfare.listeners.map(({ url }) => url) as [
      URL,
      URL,
    ]
    const hosts = async (host: string) => {
      const headers = { host }
      const answer = await fetch(`${server.url}/asyncapi/jive.json`, { headers })
      const { servers } = (await answer.json()) as AsyncApi
      return Object.values(servers).map((one) => one['host'])
    }
    expect(await hosts('ws.example')).toEqual(['ws.example', `ws.example:${alone}`])
    expect(await hosts(`[::1]:${all}`)).toEqual([`[::1]:${all}`, `[::1]:${alone}`])
    // It goes into the text as it is, so it is judged before.
    expect(
      (await fetch(`${server.url}/asyncapi/jive.json`, { headers: { host: 'a"b' } })).status,
    ).toBe(400)
  })
})

describe('the page', () => {
  test('loads nothing and runs nothing, so that it works offline and can do nobody harm', async () => {
    await using server = await start()
    const answer = await server.fetch('/docs')
    const html = await answer.text()
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!
    const hash = createHash('sha256').update(style).digest('base64')
    expect(answer.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(html).not.toMatch(
      /<(script|img|iframe|object|embed|form|base)\b|\sstyle=|\son\w+=|@import|url\(/i,
    )
    const links = [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link]) => link!)
    expect(
      links.filter((link) => !/^(#|data:,$|\.\/$|openapi\.json$|asyncapi\/\w+\.json$)/.test(link)),
    ).toEqual([])
  })

  test('tells of every route and every frame, and every link on it leads somewhere', async () => {
    await using server = await start({ dev: true })
    const html = await (await server.fetch('/docs')).text()
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id!)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { operations } of descriptions) {
      for (const { id } of operations) expect(ids).toContain(id)
    }
    for (const system of systems) {
      const document = (await (await server.fetch(`/asyncapi/${system}.json`)).json()) as AsyncApi
      for (const name of Object.keys(document.components.messages)) {
        expect(ids).toContain(`${system}.${name}`)
      }
    }
    const within = [...html.matchAll(/\shref="#([^"]*)"/g)].map(([, id]) => id!)
    expect(within.filter((id) => !ids.includes(id))).toEqual([])
    for (const [, link] of html.matchAll(/\shref="((?:openapi|asyncapi)[^"]*)"/g)) {
      expect((await server.fetch(`/${link}`)).status).toBe(200)
    }
  })
})
