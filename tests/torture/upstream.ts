import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { TestClient } from '../fixture.ts'
import { rawHandshake } from '../raw.ts'
import { startExchange } from '../simulators/exchange.ts'
import { apiV3Key, appId, appSecret, mchId } from '../simulators/merchant.ts'
import { startWechat } from '../simulators/wechat.ts'
import type { Context, Env, Served, Torture } from './context.ts'
import { request, wanted } from './load/http.ts'
import { startWicked, wickedness, type Wicked } from './load/wicked.ts'
import { eventually, megabytes, must, pong, readiness } from './watching.ts'

/** Whatever the server asks elsewhere treats it badly (promise 7). */
export const torture: Torture = {
  name: 'upstream',
  about:
    'exchange, keys of tokens, WeChat and beacon that hang, drip, never end, reset or talk rubbish: who needs them is told so in seconds, nobody else notices, and all is well once they are',
  async run(context) {
    await using world = await openWorld()
    const { wicked } = world
    wicked.become('reset')
    const served = await context.serve(settingsFor(`http://127.0.0.1:${wicked.port}`))
    const token = await world.token()
    const neighbour = await watchNeighbour(served.url)
    const modes = context.minutes > 0 ? wickedness.slice(0, -1) : (['silence', 'endless'] as const)
    const before = await megabytes(served.pid)
    for (const mode of modes) {
      wicked.become(mode)
      await suffer(served, token, wicked)
      const more = (await megabytes(served.pid)) - before
      must(more < 200, `Memory grew while upstreams were bad (${mode})`, more)
    }
    wicked.become('healthy')
    await recover(served, token)
    const longest = neighbour()
    must(longest < 2_000, 'A neighbour waited for an upstream', longest)
    must((await served.stop()) === 0, 'It did not end in peace', null)
    await unreachable(context, token, wicked)
    return `${modes.length} ways to be bad; a neighbour waited ${Math.round(longest)} ms at most`
  },
}

/** What is promised within 5 s, five times. */
const patience = 25_000

function settingsFor(upstream: string, other = upstream): Env {
  return {
    FANFARE_AUTH_JIVE_JWKS_URL: `${upstream}/keys`,
    FANFARE_LOCALLIFE_WECHAT_BASE_URL: other,
    FANFARE_LOCALLIFE_WECHAT_APP_ID: appId,
    FANFARE_LOCALLIFE_WECHAT_APP_SECRET: appSecret,
    FANFARE_PLEDGE_UPSTREAM_URL: upstream,
    FANFARE_CRASH_SALT_SOURCE: 'drand',
    FANFARE_CRASH_DRAND_URL: other,
  }
}

interface World extends AsyncDisposable {
  readonly wicked: Wicked
  /** Of somebody of jive, signed with the key that the good server tells. */
  token(): Promise<string>
}

/** The good servers, all behind one address that can turn bad. */
async function openWorld(): Promise<World> {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'RS256' }]
  const exchange = await startExchange({ rate: 10 })
  const wechat = await startWechat({ appId, mchId, apiV3Key })
  const good = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch({ url, method }) {
      const { pathname, search } = new URL(url)
      if (pathname === '/keys') return Response.json({ keys })
      if (pathname.endsWith('/public/latest')) return Response.json(beacon())
      const behind = pathname.startsWith('/sns/') ? wechat.url : exchange.url
      return fetch(behind + pathname + search, { method })
    },
  })
  const wicked = startWicked(good.port!)
  return {
    wicked,
    token: () =>
      new SignJWT({ families: ['a'] })
        .setProtectedHeader({ alg: 'RS256', kid: 'a' })
        .setSubject('ann')
        .setAudience('jive')
        .setExpirationTime('1h')
        .sign(privateKey),
    async [Symbol.asyncDispose]() {
      wicked.stop()
      await Promise.all([good.stop(true), exchange.stop(), wechat.stop()])
    },
  }
}

/** A round of drand's quicknet as of now. */
function beacon() {
  const round = Math.floor((Date.now() - 1_692_803_367_000) / 3_000) + 1
  const signature = 'ab'.repeat(48)
  const randomness = createHash('sha256').update(Buffer.from(signature, 'hex')).digest('hex')
  return { round, signature, randomness }
}

/** Each who needs a bad upstream is told so within seconds, in the words of its system. */
async function suffer(served: Served, token: string, wicked: Wicked): Promise<void> {
  const began = performance.now()
  const [jive, login] = await Promise.all([handshake(served, token), logIn(served)])
  must(performance.now() - began < patience, 'Answers took too long', performance.now() - began)
  must(jive.status === 503 && jive.headers.has('retry-after'), 'Jive answers', jive)
  must(login?.status === 502 && login.text.includes('UPSTREAM_UNAVAILABLE'), 'The login', login)
  await eventually('the exchange is asked', () => wicked.asked > 2, patience)
  const { checks } = await readiness(served.internal)
  must(/^down/.test(checks.pledge), 'Readiness says of the exchange', checks)
  must(/drand: |No chain/.test(checks.crash), 'Readiness says of the beacon', checks)
}

/** Once upstreams are good again, everything works without a restart. */
async function recover(served: Served, token: string): Promise<void> {
  const taken = async () => (await handshake(served, token)).status === 101
  const priced = async () => (await wanted(served.url, { path: '/api/v21/price' })).price !== null
  const promised = async () =>
    (await wanted(served.url, { path: '/api/crash/chains' })).chains.length > 0
  await Promise.all([
    eventually('tokens are taken', taken, patience),
    eventually('people log in', async () => (await logIn(served))?.status === 200, patience),
    eventually('prices are told', priced, patience),
    // Tried again every 30 s at most.
    eventually('the beacon names a round', promised, 90_000),
  ])
}

/** Names that lead nowhere, and rubbish in place of TLS: the same, from the start. */
async function unreachable(
  { serve, folder }: Context,
  token: string,
  wicked: Wicked,
): Promise<void> {
  wicked.become('garbage')
  const upstreams = settingsFor(`https://127.0.0.1:${wicked.port}`, 'http://nobody.invalid')
  const served = await serve({ ...upstreams, FANFARE_DATA_DIR: join(folder, 'other') })
  await suffer(served, token, wicked)
  must((await served.stop()) === 0, 'It did not end in peace', null)
}

function handshake({ url }: Served, token: string) {
  return rawHandshake(url, `/jive/ws?token=${token}`)
}

function logIn({ url }: Served) {
  return request(url, { path: '/v1/auth/wechat-login', body: { code: crypto.randomUUID() } })
}

/** Somebody who needs no upstream; answers at the end how long an answer took at most, in ms. */
async function watchNeighbour(url: string): Promise<() => number> {
  const client = await TestClient.open(`${url.replace('http', 'ws')}/crash/ws`)
  let longest = 0
  let over = false
  const watching = (async () => {
    while (!over) {
      longest = Math.max(longest, await pong(client))
      await Bun.sleep(50)
    }
  })()
  watching.catch(() => (longest = Infinity))
  return () => {
    over = true
    client.socket.terminate()
    return longest
  }
}
