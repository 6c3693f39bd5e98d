import { expect, test } from 'bun:test'
import { createDoor } from '../../../src/systems/crash/door.ts'
import { deal, fixed, stake } from './croupier.ts'

/** A command that ends when the test says. */
function held(said: string[], name: string) {
  let end = () => {}
  const done = new Promise<void>((resolve) => (end = resolve))
  const run = async () => {
    said.push(`${name} begins`)
    await done
    said.push(`${name} ends`)
  }
  return { run, end: () => end() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('commands of one account go one after another, those of others do not wait for them', async () => {
  const said: string[] = []
  const door = createDoor()
  const [one, two, other] = [held(said, 'one'), held(said, 'two'), held(said, 'other')]
  const all = [door.enter(1, one.run), door.enter(1, two.run), door.enter(2, other.run)]
  await turn()
  expect(said).toEqual(['one begins', 'other begins'])
  for (const { end } of [two, other, one]) end()
  await Promise.all(all)
  expect(said.slice(2)).toEqual(['other ends', 'one ends', 'two begins', 'two ends'])
})

test('a shut door waits for those inside and lets nobody in before it opens, so that nothing is under way meanwhile', async () => {
  const said: string[] = []
  const door = createDoor()
  const [inside, outside] = [held(said, 'inside'), held(said, 'outside')]
  const all = [door.enter(1, inside.run)]
  const shut = door.shut().then(() => said.push('shut'))
  all.push(door.enter(2, outside.run))
  await turn()
  expect(said).toEqual(['inside begins'])
  inside.end()
  await shut
  await turn()
  expect(said).toEqual(['inside begins', 'inside ends', 'shut'])
  door.open()
  await turn()
  expect(said.at(-1)).toBe('outside begins')
  outside.end()
  await Promise.all(all)
})

test('a command that fails lets the next one of its account in', async () => {
  const door = createDoor()
  const failed = door.enter(1, () => Promise.reject(new Error('No')))
  const next = door.enter(1, () => Promise.resolve('done'))
  expect(await failed.catch(String)).toContain('No')
  expect(await next).toBe('done')
  await door.shut()
})

test('what two sockets of one player ask for at once is done in that order: the second knows what the first did', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  const [, cancelled] = await Promise.all([ann.place([stake(1, 1_000)]), ann.cancel(1)])
  expect(cancelled.refund).toBe(1_000)
  const [, placed] = await Promise.all([ann.place([stake(1, 1_000)]), ann.place([stake(2, 500)])])
  expect(placed.balance).toBe(98_500)
  const [, again] = await Promise.all([ann.cancel(1), ann.place([stake(1, 700)])])
  expect(again.balance).toBe(98_800)
  await house.until('phase', ({ phase }) => phase === 'flying')
  await house.pass(200)
  const [, last] = await Promise.all([ann.cashOut(1), ann.cashOut(null)])
  expect(last.wins).toMatchObject([{ slot: 2 }])
})
