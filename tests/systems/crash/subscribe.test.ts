import { expect, test } from 'bun:test'
import { ask, bets, casino, outcome, say, types, type Casino } from './casino.ts'

const all = [
  'CRASH_PHASE_CHANGE',
  'CRASH_MULTIPLIER_UPDATE',
  'CRASH_PLAYER_UPDATE',
  'CRASH_ROUND_END',
  'CRASH_STATS',
]

/** A round in which somebody plays, from betting to the next one. */
async function round(place: Casino): Promise<void> {
  await place.until('betting')
  const player = await place.play('somebody')
  await ask(player, bets(`${place.server.clock.now()}`, '1.00'))
  player.socket.close()
  await place.until('betting')
}

const kinds = (heard: string[]) => all.filter((type) => heard.includes(type))

test('R19: who has never subscribed hears everything, since the client of the original never does', async () => {
  await using place = await casino({ points: [130] })
  const client = await place.watch()
  await round(place)
  expect(kinds(await types(client))).toEqual(all)
})

test.each(['SUBSCRIBE', 'CRASH_SUBSCRIBE'])(
  'K23, R1, R19: the first %s leaves what it names, the next ones add',
  async (name) => {
    await using place = await casino({ points: [130] })
    const client = await place.watch()
    const some = ['CRASH_MULTIPLIER_UPDATE', 'CRASH_PLAYER_UPDATE']
    expect(await ask(client, say('sub-001', name, { eventTypes: some }))).toEqual({
      i: 'sub-001',
      t: 'SUBSCRIBE_RESPONSE',
      p: { success: true, eventTypes: some },
    })
    await round(place)
    expect(kinds(await types(client))).toEqual(some)
    const more = await ask(client, say('sub-002', name, { eventTypes: ['CRASH_ROUND_END'] }))
    expect(more.p.eventTypes).toEqual([...some, 'CRASH_ROUND_END'])
    await round(place)
    expect(kinds(await types(client))).toEqual([...some, 'CRASH_ROUND_END'])
  },
)

test('K23: UNSUBSCRIBE takes types away, multipliers and phases too, with or without a SUBSCRIBE before', async () => {
  await using place = await casino({ points: [130] })
  const client = await place.watch()
  const unwanted = ['CRASH_MULTIPLIER_UPDATE', 'CRASH_PHASE_CHANGE', 'CRASH_ROUND_END']
  const left = ['CRASH_PLAYER_UPDATE', 'CRASH_STATS']
  expect(await ask(client, say('unsub-001', 'UNSUBSCRIBE', { eventTypes: unwanted }))).toEqual({
    i: 'unsub-001',
    t: 'UNSUBSCRIBE_RESPONSE',
    p: { success: true, eventTypes: left },
  })
  await round(place)
  expect(kinds(await types(client))).toEqual(left)
  const back = ['CRASH_MULTIPLIER_UPDATE']
  await ask(client, say('sub-001', 'SUBSCRIBE', { eventTypes: back }))
  await round(place)
  expect(kinds(await types(client))).toEqual([...back, ...left])
})

test('an unknown type is refused as a whole, and what was heard is heard on', async () => {
  await using place = await casino({ points: [130] })
  const client = await place.watch()
  const eventTypes = ['CRASH_STATS', 'CRASH_NONSENSE']
  expect(await outcome(client, say('1', 'SUBSCRIBE', { eventTypes }))).toBe('INVALID_REQUEST')
  expect(await outcome(client, say('2', 'SUBSCRIBE', {}))).toBe('INVALID_REQUEST')
  await round(place)
  expect(kinds(await types(client))).toEqual(all)
})

test('a subscription is that of one connection, and what is a player’s own comes whatever it subscribes to', async () => {
  await using place = await casino({ points: [130] })
  await place.until('betting')
  const [alice, also] = [await place.play('alice'), await place.play('alice')]
  await ask(alice, say('1', 'SUBSCRIBE', { eventTypes: [] }))
  await ask(also, bets('2', '1.00'))
  await place.until('betting')
  expect(await types(alice)).toEqual(['CRASH_MY_RESULT'])
  expect(kinds(await types(also))).toEqual(all)
})
