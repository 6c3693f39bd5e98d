import { describe, expect, test } from 'bun:test'
import { version } from '../../src/version.ts'
import { start, type Fixture } from '../fixture.ts'
import { ask } from '../guards/raw-http.ts'
import { rawHandshake } from '../raw.ts'

const local = { host: '127.0.0.1', port: 0 } as const
/** As chromium asks for a page. */
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

/** What `GET /` answers to an Accept header; null: without one. */
function front(url: string, accept: string | null, method = 'GET') {
  const headers = accept === null ? [] : [['accept', accept] as const]
  return ask(url, { method, target: '/', headers })
}
/** What a browser is shown at `/`, without script and style. */
async function shown(server: Fixture): Promise<string> {
  const { status, body } = await front(server.url, browser)
  expect(status).toBe(200)
  return /<main[^]*<\/main>/.exec(body)![0]
}
const linksOf = (html: string) => [...html.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!)

describe('the front page', () => {
  test('is for who asks for HTML; to programs nothing is at the address, so that none takes a page for an answer', async () => {
    await using server = await start()
    for (const accept of [browser, 'text/html', 'TEXT/HTML', 'text/html;q=0.5, */*;q=0.1']) {
      const { status, headers } = await front(server.url, accept)
      expect([accept, status]).toEqual([accept, 200])
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    }
    const refused = { code: 'NOT_FOUND', message: 'No such address' }
    for (const accept of [
      null,
      '',
      '*/*',
      'application/json',
      'application/json, text/plain, */*',
      'application/json, text/html;q=0.9',
      'text/html;q=0, */*',
      'image/png',
      ',;q=text/html',
    ]) {
      const { status, headers, body } = await front(server.url, accept)
      expect([accept, status, JSON.parse(body)]).toEqual([accept, 404, refused])
      expect(headers.get('vary')).toContain('accept')
    }
  })

  test('answers HEAD like GET, and is not sent again to who has it', async () => {
    await using server = await start()
    const head = await front(server.url, browser, 'HEAD')
    expect([head.status, head.body]).toEqual([200, ''])
    expect((await front(server.url, '*/*', 'HEAD')).status).toBe(404)
    const tag = head.headers.get('etag')!
    const headers = { accept: browser, 'accept-encoding': 'identity', 'if-none-match': tag }
    const again = await fetch(server.url, { headers })
    expect([again.status, again.headers.get('vary')]).toEqual([304, 'accept-encoding, accept'])
  })

  test('may run and load nothing but what is in it', async () => {
    await using server = await start({ dev: true })
    const { headers, body } = await front(server.url, browser)
    const policy = headers.get('content-security-policy')
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+';/,
    )
    expect(body).not.toMatch(/<(img|iframe|object|embed|form|base)\b|\sstyle=|\son\w+=|@import/i)
  })

  test('leads in development to everything, and says where each system is spoken', async () => {
    await using server = await start({ dev: true })
    const html = await shown(server)
    const pages = ['/play', '/docs', '/crash', '/crash/verify', '/console']
    expect(linksOf(html).slice(0, pages.length)).toEqual(pages)
    for (const system of ['dcs', 'jive', 'locallife', 'pledge', 'crash']) {
      expect(linksOf(html)).toContain(`/play#${system}`)
      expect(linksOf(html)).toContain(`/docs#${system}`)
    }
    for (const path of ['/jive/ws', '/ws/{channel}', '/v1/platform/ws', '/pledge/ws/{symbol}']) {
      expect(html).toContain(`<code>${path}</code>`)
    }
    expect(html).toContain(version)
    expect(html).not.toContain('undefined')
  })

  test('tells strangers of pages alone, and the version where the documents tell it, too', async () => {
    await using server = await start({ systems: ['jive', 'crash'] })
    const html = await shown(server)
    expect(linksOf(html)).toEqual(['/docs', '/crash', '/crash/verify', '/console'])
    expect(html).toContain(version)
    await using silent = await start({ systems: ['jive', 'dcs'], docs: false })
    const less = await shown(silent)
    expect(linksOf(less)).toEqual(['/console'])
    expect(less).not.toContain(version)
    for (const one of [html, less]) expect(one).not.toMatch(/jive|dcs|\/ws|<code/)
  })

  test('leads to no documents where they are off, in development either', async () => {
    await using server = await start({ systems: ['jive'], dev: true, docs: false })
    const html = await shown(server)
    expect(linksOf(html)).toEqual(['/console'])
    expect(html).toContain('<code>/jive/ws</code>')
  })

  test('is not there where pages are off, nor on listeners of one system, nor on the internal one', async () => {
    await using server = await start({
      listen: [
        { ...local, systems: '*' },
        { ...local, systems: ['jive'] },
      ],
    })
    await using off = await start({ pages: false })
    const [, jive] = server.fanfare.listeners.map(({ url }) => url.origin)
    for (const url of [jive!, server.fanfare.internal!.url.origin, off.url]) {
      const { status, headers } = await front(url, browser)
      expect([status, headers.get('content-type')]).toEqual([404, 'application/json;charset=utf-8'])
    }
    // So the documents lead to it only where it is.
    const leads = async (url: string) =>
      (await (await fetch(`${url}/docs`)).text()).includes('Front page')
    expect([await leads(server.url), await leads(off.url)]).toEqual([true, false])
  })

  test('is no answer to a handshake, since no system is spoken there', async () => {
    await using server = await start({ dev: true })
    for (const headers of [{}, { accept: browser }]) {
      const { status, body } = await rawHandshake(server.url, '/', headers)
      expect([status, JSON.parse(body).code]).toEqual([404, 'NOT_FOUND'])
    }
  })
})
