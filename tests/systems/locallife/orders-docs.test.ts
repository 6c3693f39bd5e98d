import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config.ts'
import { serverKey } from '../../fixture.ts'
import { alerts, openShop, type Shop } from './shop.ts'

const page = await Bun.file(join(import.meta.dir, '../../../docs/systems/locallife.md')).text()
const [, section = ''] = /## Orders and WeChat\n([\s\S]*?)\n## /.exec(page) ?? []
const blocks = (language: string) =>
  [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)

/** Runs a curl line as it stands, on this server; variables of the shell are given. */
function curl({ server }: Shop, line: string, variables: Record<string, string>) {
  const text = line
    .replace(/\\\n\s*/g, '')
    .replace(/'\$([A-Z]+)'|\$([A-Z]+)/g, (_, bare, name) => variables[bare ?? name]!)
    .replace('http://localhost:8080', server.url)
  const [, method = 'GET', url = '', authorization, body] =
    /^curl (?:-X (\w+) )?(http\S+)(?: +-H "Authorization: ([^"]+)")?(?: +-d '([^']+)')?$/.exec(
      text.trim(),
    ) ?? []
  expect([line, url]).not.toEqual([line, ''])
  return fetch(url, {
    method,
    ...(authorization !== undefined && { headers: { authorization } }),
    ...(body !== undefined && { body }),
  })
}

test('L19: the lines to try make, pay, urge and dispatch an order as the page says', async () => {
  await using shop = await openShop()
  await shop.as('server', 'PUT', '/api/locallife/riders/rita', { status: 'approved' })
  await shop.as('rita', 'POST', '/v1/rider/online', { region_id: 'west' })
  const [order = '', after = ''] = blocks('sh')
  const variables = {
    KEY: serverKey,
    CONSUMER: await shop.token('carla'),
    OPERATOR: await shop.token('oli'),
    WECHAT: shop.wechat.url,
    ORDER: '',
  }
  let made: any
  for (const line of order.split(/\n(?=curl)/).slice(1)) {
    const answer = await curl(shop, line, variables)
    expect(answer.status).toBe(201)
    made = await answer.json()
  }
  const [shown = ''] = blocks('json')
  const { id, out_trade_no, ...rest } = JSON.parse(shown)
  expect(made).toEqual({ ...rest, id: made.id, out_trade_no: made.id })
  expect([id, made.id]).toEqual([out_trade_no, expect.stringMatching(/^[0-9a-f]{32}$/)])
  variables.ORDER = made.id
  const lines = after.split(/\n(?=curl)/)
  const answers = []
  for (const line of lines) answers.push(await curl(shop, line, variables))
  expect(answers.map(({ status }) => status)).toEqual([200, 204, 200, 200])
  expect(await answers[0]!.json()).toMatchObject({ notified: 204 })
  expect(await answers[3]!.json()).toMatchObject({ status: 'paid', rider_id: 'rita' })
  expect(await shop.told('user:mei')).toEqual(['新订单通知', '催单通知'])
  expect(await shop.told('user:rita')).toEqual(['新订单', '派单通知'])
  expect(await shop.told('platform')).toEqual([])
})

test('L19: the line to log in gives what the page shows', async () => {
  await using shop = await openShop()
  const [, , line = ''] = blocks('sh')
  const [, shown = ''] = blocks('json')
  const answer = await curl(shop, line, {})
  const { access_token, expires_in, user } = (await answer.json()) as any
  expect({ access_token: '…', expires_in, user: { id: user.id && '…' } }).toEqual(JSON.parse(shown))
  const asked = await shop.server.fetch('/v1/orders/unknown', { token: access_token })
  expect(asked.status).toBe(404)
})

test('the configuration of the page is one, but for the files it names', async () => {
  const [toml = ''] = blocks('toml')
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-docs-'))
  const file = join(folder, 'fanfare.toml')
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const text = toml
    .replace('"file:/run/secrets/wechat_app_secret"', '"secret"')
    .replace('"file:/run/secrets/wechat_api_v3_key"', `"${'k'.repeat(32)}"`)
    .replace('"file:/etc/fanfare/pub_key.pem"', `'''${pem}'''`)
  await Bun.write(file, text)
  const { config, warnings } = await loadConfig({ file, env: {} })
  rmSync(folder, { recursive: true })
  expect(warnings).toEqual([])
  const { token_ttl, wechat, wechat_pay } = config.locallife
  expect([token_ttl, wechat.app_id, wechat_pay.serial]).toEqual([
    7_200_000,
    'wx0123456789abcdef',
    'PUB_KEY_ID_0119000001092024',
  ])
})

test('every alert of the page is one that is told, at the level it says', async () => {
  await using shop = await openShop()
  const listed = [...section.matchAll(/^\| (\S+) \| [^|]+ \| (warning|critical) \|$/gm)].map(
    ([, title, level]) => [title, level] as const,
  )
  const late = await shop.order()
  shop.server.clock.advance(899_000)
  await shop.server.host.store.put('flush', '')
  shop.server.clock.advance(1_000)
  await alerts(shop, 1)
  await shop.notify(late)
  await shop.notify(late)
  await shop.notify({ ...late, amount: 1 })
  const lonely = { name: 'Shop', status: 'onboarded', administrators: [] }
  await shop.as('server', 'PUT', '/api/locallife/merchants/m1', lonely)
  await shop.notify(await shop.order())
  await shop.send({ headers: {}, body: '' })
  await alerts(shop, 6)
  const { messages } = await shop.server.host.store.since('locallife/platform', 0, 100)
  const told = messages
    .map(({ body }) => JSON.parse(body))
    .map(({ title, level }) => [title, level])
  expect(told).toEqual(listed as never)
})
