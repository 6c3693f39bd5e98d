import { expect, test } from 'bun:test'
import { serverKey, start, type Fixture, type TestClient } from '../../fixture.ts'
import {
  golden,
  handshake,
  listen,
  numbers,
  partner,
  publish,
  received,
  versions,
  withKeys,
} from './scenario.ts'

const minute = 60_000

/** A source of numbers from 0 to 1 that is the same in every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const parsed = (client: TestClient) => client.frames.map((text) => JSON.parse(text))

test('after: what was missed comes first, each once and in order, then what is live', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  for (const user of ['u1', 'u2', 'u3']) await acme.tell(user)
  const client = await listen(server, `/ws/${channel}?after=1`)
  await acme.tell('u4')
  expect(versions(await received(client))).toEqual([2, 3, 4])
  const whole = await listen(server, `/ws/${channel}?after=0`)
  expect(versions(await received(whole))).toEqual([1, 2, 3, 4])
})

test('after: a replayed message is the one that was sent, time and all', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  const live = await listen(server, `/ws/${channel}`)
  await acme.tell('渠道 "1"\u2028', 'REFUSE')
  server.clock.advance(5_000)
  const late = await listen(server, `/ws/${channel}?after=0`)
  expect(await late.text()).toBe(await live.text())
})

test.each(['1', '2', '9007199254740993', '18446744073709551615'])(
  'after: %s is at or beyond the head: only what is live',
  async (after) => {
    await using server = await start()
    const acme = await partner(server, 'acme')
    await acme.tell('u1')
    const client = await acme.connect(`?after=${after}`)
    expect(await received(client)).toEqual([])
    await acme.tell('u2')
    expect(versions(await received(client))).toEqual([2])
  },
)

test.each(['', '-1', '01', '1.5', '1e3', 'x', '0x1', '%201', '1&after=1', '100000000000000000000'])(
  'after: "%s" is no version and told so at the handshake',
  async (after) => {
    await using server = await start()
    const acme = await partner(server, 'acme')
    const path = `/ws/${await acme.channel()}?after=${after}`
    expect(await handshake(server, path)).toBe('400 INVALID_REQUEST')
  },
)

test('after: what is no longer kept is 410 at the handshake, so that nobody takes a gap for silence', async () => {
  await using server = await start({ history: { retention: minute } })
  const acme = await partner(server, 'acme')
  await acme.tell('u1')
  await acme.tell('u2')
  server.clock.advance(2 * minute)
  await acme.tell('u3')
  await server.host.store.prune(server.clock.now() - minute, server.clock.now())
  const channel = await acme.channel()
  for (const after of [0, 1]) {
    expect(await handshake(server, `/ws/${channel}?after=${after}`)).toBe('410 HISTORY_GONE')
  }
  const client = await listen(server, `/ws/${channel}?after=2`)
  expect(versions(await received(client))).toEqual([3])
  expect(await handshake(server, '/ws/0123456789abcdefghijkl?after=0')).toBe(
    '404 CHANNEL_NOT_FOUND',
  )
})

test('after: a part that grows too old before it is told ends the connection, so that the client asks again', async () => {
  await using server = await start({ history: { retention: minute } })
  const acme = await partner(server, 'acme')
  await acme.tell('u1')
  server.clock.advance(2 * minute)
  await acme.tell('u2')
  const channel = await acme.channel()
  const { store } = server.host
  const since = store.since
  let reads = 0
  // Between the look at the handshake and the first page of the replay.
  Object.assign(store, {
    async since(...asked: Parameters<typeof since>) {
      if (++reads === 2) await store.prune(server.clock.now() - minute, server.clock.now())
      return since(...asked)
    },
  })
  const client = await server.connect(`/ws/${channel}?after=0`)
  expect((await client.close()).code).toBe(1013)
  expect(client.frames).toEqual([])
  Object.assign(store, { since })
  expect(await handshake(server, `/ws/${channel}?after=0`)).toBe('410 HISTORY_GONE')
})

test('D10: versions start at 1, have no holes, and go on over types, rotation, restart and removal', async () => {
  const before = await start()
  const acme = await partner(before, 'acme')
  const other = await partner(before, 'other')
  expect(await acme.tell('u1')).toBe(1)
  expect(await other.tell('u1')).toBe(1)
  // What is refused uses no version up.
  await expect(acme.tell('u1', 'MAYBE')).rejects.toThrow('400')
  await acme.channel()
  const { type, data } = JSON.parse(golden('order-status'))
  expect((await publish(before, 'acme', type, data)).version).toBe(2)
  await before.fetch('/api/dcs/partners/acme', { method: 'DELETE', token: serverKey })
  await expect(acme.tell('u1')).rejects.toThrow('404')
  const again = await partner(before, 'acme')
  expect(again.apiKey).not.toBe(acme.apiKey)
  expect(await again.tell('u1')).toBe(3)
  await using server = await before.restart()
  const last = withKeys(server, again)
  expect(await last.tell('u1')).toBe(4)
  const client = await last.connect('?after=0')
  expect(versions(await received(client))).toEqual([1, 2, 3, 4])
})

test('joining under fire leaves no gap and no double', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  const sender = (async () => {
    for (let count = 1; count <= 150; count++) await acme.tell(`u${count}`)
  })()
  const clients: TestClient[] = []
  for (let count = 0; count < 10; count++) {
    clients.push(await server.connect(`/ws/${channel}?after=0`))
  }
  await sender
  for (const client of clients) {
    await client.until(() => client.frames.length >= 150, '150 frames')
    expect(versions(await received(client))).toEqual(numbers(1, 150))
  }
})

/** Listens, is cut or rotated away, comes back with the last version, again and again; answers every version it saw. */
async function restless(server: Fixture, seed: number, total: number): Promise<number[]> {
  const acme = await partner(server, 'acme')
  const dice = random(seed)
  const seen: number[] = []
  let told = 0
  let channel = await acme.channel()
  while (seen.length < total) {
    if (dice() < 0.4) channel = await acme.channel()
    const client = await server.connect(`/ws/${channel}?after=${seen.at(-1) ?? 0}`)
    const meanwhile = Math.min(Math.floor(dice() * 8), total - told)
    told += meanwhile
    const telling = Promise.all(numbers(1, meanwhile).map((user) => acme.tell(`u${user}`)))
    const wanted = told === total && dice() < 0.5 ? total - seen.length : Math.floor(dice() * 5)
    await client.until(() => client.frames.length >= Math.min(wanted, told - seen.length), 'frames')
    if (dice() < 0.5) client.socket.terminate()
    else channel = await acme.channel()
    await client.close()
    seen.push(...versions(parsed(client)))
    await telling
  }
  return seen
}

test.each([1, 2, 3, 4])(
  'cut at random and rotated at random (seed %d), a client with ?after sees every version once, in order',
  async (seed) => {
    await using server = await start()
    expect(await restless(server, seed, 120)).toEqual(numbers(1, 120))
  },
)

test('a restart of the server loses nothing to who comes back with ?after', async () => {
  const before = await start()
  const acme = await partner(before, 'acme')
  const channel = await acme.channel()
  const client = await listen(before, `/ws/${channel}`)
  await acme.tell('u1')
  await client.next()
  await acme.tell('u2')
  const left = withKeys(before, acme)
  await before.stop()
  expect((await client.close()).code).toBe(1012)
  await using server = await before.restart()
  await withKeys(server, left).tell('u3')
  const back = await listen(server, `/ws/${channel}?after=1`)
  expect(versions(await received(back))).toEqual([2, 3])
})
