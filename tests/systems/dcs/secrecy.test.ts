import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverKey, start, type Fixture } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'
import { handshake, listen, partner, withKeys } from './scenario.ts'
import { headersOf, nextNonce } from './signed.ts'

/** Everything the server tells operators, by where it tells it. */
async function told(server: Fixture): Promise<Record<string, string>> {
  const places = ['/api/connections', '/api/connections?system=dcs', '/api/channels', '/readyz']
  const texts: Record<string, string> = { log: server.logged.join('') }
  for (const place of places) {
    texts[place] = await (await server.fetch(place, { token: serverKey })).text()
  }
  const metrics = await fetch(new URL('/metrics', server.fanfare.internal!.url))
  return { ...texts, metrics: await metrics.text() }
}

test('D6: no channel id is in a log line, an error, a metric or a list, whatever became of it', async () => {
  await using server = await start({ dcs: { channel_ttl: 60_000, rotation_grace: 5_000 } })
  const acme = await partner(server, 'acme')
  const replaced = await acme.channel()
  const old = await listen(server, `/ws/${replaced}`)
  const live = await acme.channel()
  const client = await listen(server, `/ws/${live}?after=0`)
  await acme.tell('u1')
  server.clock.advance(6_000)
  expect((await old.close()).code).toBe(4404)
  const unknown = live.split('').toReversed().join('')
  const answers: string[] = []
  for (const path of [`/ws/${unknown}`, `/ws/${replaced}`, `/ws/${live}?after=x`]) {
    answers.push((await rawHandshake(server.url, path)).body)
    const plain = await server.fetch(path)
    answers.push(JSON.stringify([...plain.headers]) + (await plain.text()))
  }
  const { store } = server.host
  const { since } = store
  Object.assign(store, { since: () => Promise.reject(new Error('out of order')) })
  expect(await handshake(server, `/ws/${live}?after=0`)).toBe('500 INTERNAL_ERROR')
  Object.assign(store, { since })
  expect(server.logged.join('')).toContain('out of order')
  const texts: Record<string, string> = { ...(await told(server)), answers: answers.join('') }
  expect(texts['/api/connections']).toContain('partner:acme')
  for (const [place, text] of Object.entries(texts)) {
    for (const channel of [replaced, live, unknown]) {
      expect(`${place}: ${text.includes(channel)}`).toBe(`${place}: false`)
    }
  }
  expect(client.closed).toBeNull()
})

test('D6: the data folder holds the hash of a channel, never the channel', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  await listen(server, `/ws/${channel}`)
  const holds = (text: string) =>
    readdirSync(server.dir, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .some((file) => readFileSync(join(file.parentPath, file.name)).includes(text))
  expect(holds(channel)).toBe(false)
  const hash = new Bun.CryptoHasher('sha256').update(channel).digest('hex')
  expect(holds(hash)).toBe(true)
  expect(holds(acme.apiSecret)).toBe(true)
})

test('D6: what lists show of a channel lets nobody in', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  await acme.connect()
  const answer = await server.fetch('/api/connections', { token: serverKey })
  const { connections } = (await answer.json()) as any
  const [{ channels, user }] = connections
  expect(user).toBe('acme')
  expect(channels).toEqual([expect.stringMatching(/^listen:[0-9a-f]{32}$/), 'partner:acme'])
  for (const name of channels) {
    const path = `/ws/${name.split(':')[1]}`
    expect(await handshake(server, path)).toBe('404 CHANNEL_NOT_FOUND')
  }
})

test('secrets and signatures are in no log line', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const renewed = await server.fetch('/api/dcs/partners/acme/secret', {
    method: 'POST',
    token: serverKey,
  })
  const again = withKeys(server, (await renewed.json()) as never)
  const { apiKey, apiSecret: secret } = again
  const claims = { apiKey, secret, timestamp: String(server.clock.now()), nonce: nextNonce() }
  for (const code of ['SYS_SUCCESS', 'DAPI_NONCE_USED']) {
    expect((await again.call('/websocket/v1/get-channel', '', claims)).code).toBe(code)
  }
  const { 'X-DAPI-SIGN': signature } = headersOf(claims)
  await acme.call('/websocket/v1/get-channel')
  await again.call('/websocket/v1/search', 'version=1')
  await again.channel()
  const { log, ...lists } = await told(server)
  for (const text of [log, ...Object.values(lists)]) {
    for (const secret of [acme.apiSecret, again.apiSecret, acme.apiKey, signature]) {
      expect(text).not.toContain(secret)
    }
  }
})
