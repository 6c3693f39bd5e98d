import { expect, test } from 'bun:test'
import type { TestClient } from '../../fixture.ts'
import {
  acknowledge,
  metric,
  notes,
  numbers,
  received,
  refused,
  titles,
  town,
  type Town,
} from './scenario.ts'

const second = 1_000
const minute = 60 * second

async function shop(flags = {}): Promise<Town> {
  const place = await town(flags)
  await place.merchant('m1', ['mia'])
  return place
}

const pending = (place: Town) => metric(place, 'acks_pending')
const redelivered = (place: Town) => metric(place, 'redelivered_total')
const commits = (place: Town) => metric(place, 'store_commit_seconds_count')

test('L12: what is not acknowledged is told again after 10, 20 and 30 s, and then no more', async () => {
  await using place = await shop()
  const client = await place.connect('mia')
  const id = await place.note('merchant:m1', 'order')
  const first = await client.text()
  for (let time = 1; time <= 3; time++) {
    await place.pass(9 * second)
    expect(await received(client)).toEqual([])
    await place.pass(second)
    expect(await client.text()).toBe(first)
  }
  expect(JSON.parse(first)).toMatchObject({ id, sequence: 1 })
  await place.pass(29 * second)
  expect(await received(client)).toEqual([])
  expect(await redelivered(place)).toBe(3)
})

test('L12: an acknowledgement stops it, for all connections of the user and for no other user', async () => {
  await using place = await town()
  await place.merchant('m1', ['mia', 'max'])
  const [tablet, phone, max] = [
    await place.connect('mia'),
    await place.connect('mia'),
    await place.connect('max'),
  ]
  const id = await place.note('merchant:m1', 'order')
  for (const client of [tablet, phone, max]) expect(await titles(client)).toEqual(['order'])
  await place.pass(10 * second)
  for (const client of [tablet, phone, max]) expect(await titles(client)).toEqual(['order'])
  await acknowledge(phone, id)
  await received(phone)
  await place.pass(10 * second)
  expect(await received(tablet)).toEqual([])
  expect(await received(phone)).toEqual([])
  expect(await titles(max)).toEqual(['order'])
})

test('L12: who comes back is told what still waits, in order, and only that', async () => {
  await using place = await shop()
  const client = await place.connect('mia')
  const ids = await notes(place, 4)
  expect(await titles(client)).toEqual(['1', '2', '3', '4'])
  await acknowledge(client, ids[1]!)
  await received(client)
  client.socket.close()
  await client.close()
  await notes(place, 2)
  const back = await place.connect('mia')
  const frames = await received(back)
  expect(frames.map(({ data }) => data.title)).toEqual(['1', '3', '4', '1', '2'])
  expect(frames.map(({ sequence }) => sequence)).toEqual([1, 3, 4, 5, 6])
  expect(frames.map(({ id }) => id)).toEqual(frames.map(({ data }) => data.message_id))
})

test('L12: after the third time only who comes back is told, once each time', async () => {
  await using place = await shop()
  const client = await place.connect('mia')
  await place.note('merchant:m1', 'order')
  for (let time = 0; time < 3; time++) await place.pass(10 * second)
  expect(await titles(client)).toEqual(['order', 'order', 'order', 'order'])
  for (let time = 0; time < 2; time++) {
    const back = await place.connect('mia')
    expect(await titles(back)).toEqual(['order'])
    await place.pass(11 * second)
    expect(await received(back)).toEqual([])
  }
  expect(await received(client)).toEqual([])
})

test('L12: nobody there costs no attempt: the three times begin when somebody comes', async () => {
  await using place = await shop()
  await place.note('merchant:m1', 'order')
  for (let time = 0; time < 6; time++) await place.pass(10 * second)
  expect(await redelivered(place)).toBe(0)
  const client = await place.connect('mia')
  expect(await titles(client)).toEqual(['order'])
  for (let time = 0; time < 3; time++) {
    await place.pass(9 * second)
    expect(await received(client)).toEqual([])
    await place.pass(second)
    expect(await titles(client)).toEqual(['order'])
  }
  await place.pass(11 * second)
  expect(await received(client)).toEqual([])
})

test('L12: half an hour after it was recorded nobody is told any more, and nothing is kept of it', async () => {
  await using place = await shop()
  await place.note('merchant:m1', 'old')
  await place.pass(20 * minute)
  await place.note('merchant:m1', 'young')
  await place.pass(9 * minute)
  const before = await place.connect('mia')
  expect(await titles(before)).toEqual(['old', 'young'])
  await place.pass(minute + second)
  expect(await titles(await place.connect('mia'))).toEqual(['young'])
  await place.pass(5 * second)
  expect(await pending(place)).toBe(1)
})

test('L12: what grew too old while no server ran is not told again to who is there first', async () => {
  await using place = await town()
  const users = ['a', 'b', 'c']
  await place.merchant('m1', users)
  await place.merchant('m2', ['mia'])
  await notes(place, 200)
  place.server.clock.advance(5 * second)
  await notes(place, 3, 'merchant:m2')
  place.server.clock.advance(3 * second)
  // Their 600 were told last after those of mia, and are the first to be dropped.
  for (const user of users) expect((await titles(await place.connect(user))).length).toBe(200)
  place.server.clock.advance(31 * minute)
  await place.restart()
  const client = await place.connect('mia')
  expect(await received(client)).toEqual([])
  await place.pass(second)
  expect(await received(client)).toEqual([])
  await place.pass(5 * second)
  expect(await pending(place)).toBe(0)
})

test('L12: of 250 that wait the newest 200 are kept', async () => {
  await using place = await shop()
  await notes(place, 250)
  await place.pass(second)
  expect(await pending(place)).toBe(200)
  const client = await place.connect('mia')
  expect(await titles(client)).toEqual(numbers(51, 250))
})

test('L12: a storm of acknowledgements shares its commits', async () => {
  await using place = await shop()
  const clients = await Promise.all(Array.from({ length: 5 }, () => place.connect('mia')))
  const ids = await notes(place, 200)
  for (const client of clients) await client.until(() => client.frames.length === 200, 'notices')
  const before = await commits(place)
  for (const client of clients) for (const id of ids) void acknowledge(client, id)
  for (const client of clients) expect((await received(client)).length).toBe(200)
  await place.pass(second)
  // A thousand acknowledgements; the commits of waiting for the second are among these.
  expect((await commits(place)) - before).toBeLessThan(200)
  await place.pass(10 * second)
  for (const client of clients) expect(await received(client)).toEqual([])
  await place.pass(5 * second)
  expect(await pending(place)).toBe(0)
})

test('L12: what waits survives a restart, with what was acknowledged and how often it was told', async () => {
  await using place = await shop()
  const client = await place.connect('mia')
  const [first] = await notes(place, 2)
  await place.pass(10 * second)
  await place.pass(10 * second)
  expect((await titles(client)).length).toBe(6)
  await acknowledge(client, first!)
  await received(client)
  await place.restart()
  const back = await place.connect('mia')
  expect(await titles(back)).toEqual(['2'])
  await place.pass(10 * second)
  expect(await titles(back)).toEqual(['2'])
  await place.pass(20 * second)
  expect(await received(back)).toEqual([])
})

test('L12: an acknowledgement that came right before the end of the server is kept', async () => {
  await using place = await shop()
  const client = await place.connect('mia')
  const ids = await notes(place, 50)
  await client.until(() => client.frames.length === 50, 'notices')
  for (const id of ids) void acknowledge(client, id)
  expect((await received(client)).length).toBe(50)
  await place.restart()
  expect(await received(await place.connect('mia'))).toEqual([])
})

test('L12: a clock that is set back by an hour keeps no notice waiting that long', async () => {
  await using place = await shop()
  const client = await place.connect('mia')
  await place.note('merchant:m1', 'order')
  expect(await titles(client)).toEqual(['order'])
  place.server.clock.jump(-60 * minute)
  await place.pass(second)
  expect(await titles(client)).toEqual(['order'])
  await place.pass(9 * second)
  expect(await received(client)).toEqual([])
  await place.pass(second)
  expect(await titles(client)).toEqual(['order'])
})

test('L12: where telling again is switched off, a notice waits for who comes back', async () => {
  await using place = await shop({ locallife: { redeliver_times: 0 } })
  const client = await place.connect('mia')
  await place.note('merchant:m1', 'order')
  expect(await titles(client)).toEqual(['order'])
  await place.pass(11 * second)
  await place.pass(11 * second)
  expect(await received(client)).toEqual([])
  expect(await titles(await place.connect('mia'))).toEqual(['order'])
})

test('L13: last_sequence acknowledges up to it and brings what came after, acknowledged elsewhere or not', async () => {
  await using place = await shop()
  const other = await place.connect('mia')
  const ids = await notes(place, 5)
  expect((await titles(other)).length).toBe(5)
  await acknowledge(other, ids[3]!)
  await received(other)
  const back = await place.connect('mia', '&last_sequence=2')
  expect(await titles(back)).toEqual(['3', '4', '5'])
  await place.pass(10 * second)
  expect(await titles(other)).toEqual(['3', '5'])
  expect(await titles(back)).toEqual(['3', '5'])
  const all = await place.connect('mia', '&last_sequence=0')
  expect(await titles(all)).toEqual(numbers(1, 5))
  const none = await place.connect('mia', '&last_sequence=5')
  expect(await received(none)).toEqual([])
  await place.pass(10 * second)
  for (const client of [other, back, all, none]) expect(await received(client)).toEqual([])
})

test('L13: a sequence of the future is no reason to acknowledge anything', async () => {
  await using place = await shop()
  await notes(place, 3)
  const client = await place.connect('mia', '&last_sequence=4')
  expect(await titles(client)).toEqual(['1', '2', '3'])
})

test('L13: of more than 200 the newest come, behind a frame that says which do not', async () => {
  await using place = await shop()
  await notes(place, 205)
  const client = await place.connect('mia', '&last_sequence=2')
  const [gap, ...frames] = await received(client)
  expect(gap).toEqual({
    type: 'history_gap',
    data: { from: 3, to: 5 },
    timestamp: '2026-01-02T03:04:05Z',
  })
  expect(frames.map(({ data }) => data.title)).toEqual(numbers(6, 205))
  const whole = await place.connect('mia', '&last_sequence=5')
  expect((await titles(whole))[0]).toBe('6')
})

test('L13: what is older than half an hour is a gap, also when there is nothing else', async () => {
  await using place = await shop()
  await notes(place, 2)
  await place.pass(31 * minute)
  const gap = (from: number, to: number) =>
    expect.objectContaining({ type: 'history_gap', data: { from, to } })
  expect(await received(await place.connect('mia', '&last_sequence=1'))).toEqual([gap(2, 2)])
  expect(await received(await place.connect('mia', '&last_sequence=2'))).toEqual([])
  await place.note('merchant:m1', 'new')
  const [first, second_] = await received(await place.connect('mia', '&last_sequence=0'))
  expect(first).toEqual(gap(1, 2))
  expect(second_.data.title).toBe('new')
  expect(await titles(await place.connect('mia'))).toEqual(['new'])
})

test('L13: what the store keeps no longer is a gap', async () => {
  await using place = await shop({ history: { retention: minute } })
  await notes(place, 3)
  place.server.clock.advance(2 * minute)
  await place.note('merchant:m1', 'kept')
  const { store } = place.server.host
  await store.prune(place.server.clock.now() - minute, place.server.clock.now())
  const [gap, kept] = await received(await place.connect('mia', '&last_sequence=1'))
  expect([gap.type, gap.data]).toEqual(['history_gap', { from: 2, to: 3 }])
  expect(kept).toMatchObject({ sequence: 4, data: { title: 'kept' } })
  expect(await titles(await place.connect('mia'))).toEqual(['kept'])
})

test.each(['', 'x', '-1', '1.5', '1e3', '+1', '9999999999999999', '1&last_sequence=2'])(
  'L13: last_sequence=%s is malformed and told so at the handshake',
  async (sequence) => {
    await using place = await shop()
    const path = `/v1/ws?token=${await place.token('mia')}&last_sequence=${sequence}`
    expect(await refused(place, path)).toEqual([400, 'INVALID_PARAMS'])
  },
)

test('L12, L13: joining under fire leaves no gap and no double, whatever the client knows', async () => {
  await using place = await shop()
  const count = 150
  const sender = (async () => {
    for (let number = 1; number <= count; number++) await place.note('merchant:m1', String(number))
  })()
  const clients: TestClient[] = []
  for (let index = 0; index < 12; index++) {
    const known = index % 3 === 0 ? '' : '&last_sequence=0'
    clients.push(await place.connect('mia', known))
  }
  await sender
  for (const client of clients) {
    await client.until(() => client.frames.length >= count, `${count} frames`)
    expect(await titles(client)).toEqual(numbers(1, count))
  }
})

test.each([1, 2, 3])(
  'L13: cut at random and back with the last sequence, a client hears everything once (%i)',
  async (seed) => {
    await using place = await shop()
    const count = 120
    let random = seed
    const chance = () => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647
    const sender = (async () => {
      for (let number = 1; number <= count; number++) {
        await place.note('merchant:m1', String(number))
      }
    })()
    const heard: string[] = []
    let last = 0
    while (last < count) {
      const client = await place.connect('mia', `&last_sequence=${last}`)
      const stay = Math.min(count - last, 1 + Math.floor(chance() * 30))
      for (let frames = 0; frames < stay; frames++) {
        const { sequence, data } = await client.next()
        expect(sequence).toBe(last + 1)
        heard.push(data.title)
        last = sequence
      }
      client.socket.terminate()
    }
    await sender
    expect(heard).toEqual(numbers(1, count))
    expect(await received(await place.connect('mia', `&last_sequence=${last}`))).toEqual([])
    await place.pass(6 * second)
    expect(await pending(place)).toBe(0)
  },
)

test('L12: more than one part of what is due is told again at once, to each in its order', async () => {
  await using place = await town()
  const users = ['a', 'b', 'c', 'd', 'e', 'f']
  await place.merchant('m1', users)
  const clients = await Promise.all(users.map((user) => place.connect(user)))
  await notes(place, 200)
  for (const client of clients) expect(await titles(client)).toEqual(numbers(1, 200))
  await place.pass(10 * second)
  await place.server.settled(() => clients.every(({ frames }) => frames.length === 200))
  for (const client of clients) expect(await titles(client)).toEqual(numbers(1, 200))
  expect(await redelivered(place)).toBe(1_200)
})

test('L12: 200 long notices are told again at a pace that fills no backlog, each once and in order', async () => {
  await using place = await shop()
  const client = await place.connect('mia')
  const other = await place.connect('mia')
  const content = '长'.repeat(10_000)
  for (let number = 1; number <= 200; number++) {
    const data = { title: String(number), content }
    await place.server.publish('locallife/merchant:m1', 'notification', data)
  }
  for (const one of [client, other]) expect(await titles(one)).toEqual(numbers(1, 200))
  await place.pass(10 * second)
  expect(await titles(client)).toEqual(numbers(1, 5))
  const heard: string[] = []
  while (heard.length < 195) {
    await place.pass(200)
    heard.push(...(await titles(client)))
  }
  expect(heard).toEqual(numbers(6, 200))
  expect(await titles(other)).toEqual(numbers(1, 200))
  expect(await redelivered(place)).toBe(200)
})

test('each user counts for itself: sequences have no holes, whoever else is told', async () => {
  await using place = await town()
  await place.merchant('m1', ['mia', 'max'])
  await place.merchant('m2', ['max'])
  const [mia, max] = [await place.connect('mia'), await place.connect('max')]
  for (const channel of ['merchant:m2', 'merchant:m1', 'merchant:m2', 'merchant:m1']) {
    await place.note(channel)
  }
  const sequences = (frames: any[]) => frames.map(({ sequence }) => sequence)
  const [hers, his] = [await received(mia), await received(max)]
  expect(sequences(hers)).toEqual([1, 2])
  expect(sequences(his)).toEqual([1, 2, 3, 4])
  expect(hers.map(({ id }) => id)).toEqual([his[1].id, his[3].id])
})

test('who is not meant any more is told nothing of what waited, also after coming back in another role', async () => {
  await using place = await town()
  await place.merchant('m1', ['ada'])
  await place.merchant('m2', ['ada'])
  await place.note('merchant:m1', 'one')
  await place.note('merchant:m2', 'two')
  const client = await place.connect('ada')
  expect(await titles(client)).toEqual(['one', 'two'])
  const closed = { name: 'm1', status: 'closed', administrators: ['ada'] }
  await place.put('merchants/m1', closed, 200)
  await place.pass(10 * second)
  expect(await titles(client)).toEqual(['two'])
  const back = await place.connect('ada', '&last_sequence=0')
  expect(await titles(back)).toEqual(['two'])
  await place.pass(5 * second)
  expect(await pending(place)).toBe(1)
})
