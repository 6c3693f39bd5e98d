import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { quicknet, roundsAhead } from '../../../src/systems/crash/drand.ts'
import { saltSource } from '../../../src/systems/crash/salt-source.ts'
import { createSalting } from '../../../src/systems/crash/salts.ts'
import { fakeClock } from '../../clock.ts'
import { house, terms } from './house.ts'

/** A relay of the beacon: every round that is out at `now`, with a signature of its own. */
function relay(now: () => number) {
  const asked: string[] = []
  let spoil: ((round: number) => Response | null) | null = null
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch({ url }) {
      const path = new URL(url).pathname
      asked.push(path)
      const [, network, , which] = path.split('/')
      if (network !== quicknet.hash) return new Response(null, { status: 404 })
      const newest = Math.floor((now() - quicknet.genesis) / quicknet.period) + 1
      const round = which === 'latest' ? newest : Number(which)
      if (round > newest) return new Response(null, { status: 425 })
      return spoil?.(round) ?? Response.json(beacon(round))
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}/`,
    asked,
    spoil: (how: typeof spoil) => (spoil = how),
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

function beacon(round: number) {
  const signature = createHash('sha384').update(`signed ${round}`).digest()
  const randomness = createHash('sha256').update(signature).digest('hex')
  return { round, randomness, signature: signature.toString('hex') }
}

const start = Date.UTC(2026, 0, 2, 3, 4, 5)
const newestAt = (now: number) => Math.floor((now - quicknet.genesis) / quicknet.period) + 1

/** A chain that was promised the salt of a round. */
const chain = (saltSource: string) => ({
  ...{
    ...terms,
    id: 1,
    h0: '',
    length: 5,
    committedAt: 0,
    salt: null,
    saltAt: null,
    position: 0,
    leftAt: null,
  },
  saltSource,
})

test('a commitment names a round two minutes ahead, which nobody can know yet', async () => {
  const clock = fakeClock(start)
  await using beacons = relay(clock.now)
  const source = saltSource('drand', { url: beacons.url, clock })
  const round = newestAt(start) + roundsAhead
  expect(await source.promise()).toBe(`drand:${quicknet.hash}:${round}`)
  expect(roundsAhead * quicknet.period).toBe(120_000)
  expect(beacons.asked).toEqual([`/${quicknet.hash}/public/latest`])
})

test('a clock that is slow names no round that is out already: the beacon itself says which is the newest', async () => {
  const clock = fakeClock(start)
  await using beacons = relay(() => clock.now() + 3_600_000)
  const source = saltSource('drand', { url: beacons.url, clock })
  const round = newestAt(start + 3_600_000) + roundsAhead
  expect(await source.promise()).toBe(`drand:${quicknet.hash}:${round}`)
})

test('a relay whose newest round is in another time names none, or the chain would wait for ever', async () => {
  const clock = fakeClock(start)
  await using beacons = relay(() => clock.now() + 90_000_000)
  const source = saltSource('drand', { url: beacons.url, clock })
  expect(source.promise()).rejects.toThrow('a day apart')
})

test('the salt is the randomness of the promised round and of no other, from the moment it is out', async () => {
  const clock = fakeClock(start)
  await using beacons = relay(clock.now)
  const source = saltSource('drand', { url: beacons.url, clock })
  const promised = chain(await source.promise())
  expect(await source.saltOf(promised)).toBeNull()
  clock.advance(116_000)
  expect(await source.saltOf(promised)).toBeNull()
  // Before it is due nobody is asked.
  expect(beacons.asked).toHaveLength(1)
  clock.advance(4_000)
  const round = newestAt(start) + roundsAhead
  expect(await source.saltOf(promised)).toBe(beacon(round).randomness)
  expect(beacons.asked.at(-1)).toBe(`/${quicknet.hash}/public/${round}`)
  expect(source.waiting(promised)).toContain(String(round))
})

const round = newestAt(start) - 10
const spoiled: [string, () => Response, RegExp][] = [
  [
    'the randomness of another signature',
    () => Response.json({ ...beacon(round), randomness: beacon(1).randomness }),
    /signature/,
  ],
  ['another round', () => Response.json(beacon(round - 1)), /got/],
  ['an answer without a signature', () => Response.json({ round }), /no sense/],
  ['no JSON', () => new Response('<html>'), /no sense/],
  ['a megabyte', () => new Response('x'.repeat(1_000_000)), /no sense/],
  ['an error', () => new Response(null, { status: 500 }), /status 500/],
  ['a detour', () => Response.redirect('http://127.0.0.1:1/', 302), /status 302/],
]
test.each(spoiled)('%s is no salt', async (_, answer, message) => {
  const clock = fakeClock(start)
  await using beacons = relay(clock.now)
  beacons.spoil(answer)
  const source = saltSource('drand', { url: beacons.url, clock })
  expect(source.saltOf(chain(`drand:${quicknet.hash}:${round}`))).rejects.toThrow(message)
})

test('a relay that does not answer is given up after five seconds', async () => {
  const clock = fakeClock(start)
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Promise(() => {}) })
  const source = saltSource('drand', { url: `http://127.0.0.1:${server.port}`, clock })
  const asking = source.promise().catch((error: Error) => error.message)
  clock.advance(5_000)
  expect(await asking).toContain('no answer within 5 s')
  await server.stop(true)
})

test('a relay that is not there is told by name, so that readiness says who is meant', async () => {
  const clock = fakeClock(start)
  const source = saltSource('drand', { url: 'http://127.0.0.1:1', clock })
  const told = await source.promise().catch((error: Error) => error.message)
  expect(told).toMatch(/^drand: E?[A-Z][A-Za-z]+$/)
})

test('a chain is committed, waits for its round, and is played with its randomness, while the old one goes on', async () => {
  await using books = await house()
  await books.chains.commit({ ...terms, rtpBps: 9_900 }, 20, books.clock.now())
  await books.chains.salt(1, 'an-old-salt', books.clock.now())
  const { clock, chains, log } = books
  await using beacons = relay(clock.now)
  const source = saltSource('drand', { url: beacons.url, clock })
  const salting = createSalting({ chains, terms, length: 20, source, clock, log })
  await salting.start()
  const committedAt = clock.now()
  for (let second = 0; second < 300 && salting.playable()?.id !== 2; second++) {
    expect(salting.playable()?.id).toBe(1)
    clock.advance(1_000)
    await Bun.sleep(3)
  }
  const played = salting.playable()
  const [, , named = ''] = played?.saltSource.split(':') ?? []
  expect(played?.salt).toBe(beacon(Number(named)).randomness)
  expect(played?.saltAt ?? 0).toBeGreaterThanOrEqual(committedAt + 117_000)
  await salting.stop()
})
