import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve, sitDown, whim, type Asked, type Gambler } from './gamblers.ts'
import { kept, type Kept } from './kept.ts'

const names = Array.from({ length: 12 }, (_, index) => `player-${index}`)
let dir: string
let child: Bun.Subprocess | null = null

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-kill-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
})

/** Plays on a whim until the connection ends. */
async function play(gambler: Gambler, turn: number): Promise<void> {
  for (let count = 0; !gambler.isClosed(); count++) {
    await Bun.sleep(Math.random() * 40)
    const answered = gambler.say(whim(gambler.phase(), `${turn}-${count}`))
    if (count % 2 === 0) await answered
  }
}

/** What is on disk, where nothing may be wrong. */
function sound(asked: readonly Asked[]): Kept {
  const found = kept(dir, asked)
  expect(found.faults).toEqual([])
  return found
}

/** The instant of a kill: once `type` is heard (of a phase, when `phase` begins), and so many ms later. */
const instants = [
  { name: 'betting', type: 'CRASH_PHASE_CHANGE', phase: 'betting', ms: 200 },
  { name: 'the deadline of bets', type: 'CRASH_PHASE_CHANGE', phase: 'betting', ms: 398 },
  { name: 'flying', type: 'CRASH_MULTIPLIER_UPDATE', phase: undefined, ms: 20 },
  { name: 'the crash', type: 'CRASH_ROUND_END', phase: undefined, ms: 0 },
  { name: 'waiting', type: 'CRASH_PHASE_CHANGE', phase: 'waiting', ms: 100 },
] as const

test('kill -9 in every phase makes and loses no money: what was answered is kept, open bets come back once, and what got no answer is settled once by the same frame', async () => {
  const asked: Asked[] = []
  let server = await serve(dir)
  let atStake = 0
  for (const [turn, { name, type, phase, ms }] of instants.entries()) {
    child = server.child
    const gamblers = await Promise.all(names.map((player) => sitDown(server.url, player, asked)))
    const playing = gamblers.map((gambler) => play(gambler, turn))
    // Some rounds crash at once: there must be bets first.
    await Bun.sleep(700)
    await new Promise<void>((resolve) =>
      gamblers[0]!.heard.push((t, p) => {
        if (t === type && (phase === undefined || p.phase === phase)) resolve()
      }),
    )
    await Bun.sleep(ms)
    server.child.kill('SIGKILL')
    await server.child.exited
    await Promise.all(playing)
    atStake += sound(asked).open

    server = await serve(dir)
    child = server.child
    const { open, purses, answers } = sound(asked)
    expect({ name, open }).toEqual({ name, open: 0 })
    const back = await Promise.all(names.map((player) => sitDown(server.url, player, asked)))
    for (const { player, balance } of back) expect(balance).toBe(purses.get(player)!)
    const twins = await Promise.all(names.map((player) => sitDown(server.url, player, asked)))
    const lost = asked.filter(
      ({ answer, frame }) => answer === null && frame.i.startsWith(`${turn}-`),
    )
    for (const { player, frame } of lost) {
      const place = names.indexOf(player)
      const [first, second] = await Promise.all([back[place]!.say(frame), twins[place]!.say(frame)])
      if (first!.t !== 'ERROR' && second!.t !== 'ERROR') expect(second!.p).toEqual(first!.p)
      const stored = answers.get(`${player} ${frame.i}`)
      if (stored !== undefined) expect(Number(first!.p.balance) * 100).toBeCloseTo(stored.balance)
    }
    for (const gambler of [...back, ...twins]) gambler.leave()
  }
  server.child.kill('SIGTERM')
  expect(await server.child.exited).toBe(0)
  expect(sound(asked).open).toBe(0)
  expect(
    asked.filter(({ answer }) => answer !== null && answer.t !== 'ERROR').length,
  ).toBeGreaterThan(50)
  expect(atStake).toBeGreaterThan(0)
}, 60_000)
