import { join } from 'node:path'
import { sitDown, whim, type Asked, type Gambler } from '../../systems/crash/gamblers.ts'
import { kept } from '../../systems/crash/kept.ts'
import type { Random } from '../random.ts'
import { createDeeds, type Answer, type Work } from './deeds.ts'
import { none } from './http.ts'

/** Players of crash with several connections each, who bet, cash out and cancel on a whim; half of the time before the last answer has come. */
export function gambling(
  random: Random,
  players: readonly string[],
  folder: string,
  copies = 1,
): Work {
  const deeds = createDeeds(random, copies)
  /** Everything that went over a socket. */
  const asked: Asked[] = []
  let table = new Map<string, readonly Gambler[]>()
  let count = 0

  /** Seats for everybody at a server. */
  async function sit(url: string): Promise<void> {
    for (const gambler of [...table.values()].flat()) gambler.leave()
    const seats = players.map(async (player) => {
      const twins = Array.from({ length: copies + 1 }, () => sitDown(url, player, asked))
      return [player, await Promise.all(twins)] as const
    })
    table = new Map(await Promise.all(seats))
  }

  async function play(player: string, halted: () => boolean): Promise<void> {
    const [first] = table.get(player)!
    while (!halted() && !first!.isClosed()) {
      await Bun.sleep(random() * 60)
      const frame = whim(first!.phase(), `${player}-${count++}`, random)
      const done = deeds.attempt('', frame.i, async () =>
        judged(await random.one(table.get(player)!).say(frame)),
      )
      if (random() < 0.5) await done
      else pending.push(done)
    }
  }
  const pending: Promise<unknown>[] = []

  return {
    name: 'bet',
    deeds,
    prepare: async () => {},
    async work(url, halted) {
      // Whoever finds no seat because the server has just died has nothing to do.
      const seated = await sit(url).then(
        () => true,
        () => false,
      )
      if (!seated) return
      await Promise.all(players.map((player) => play(player, halted)))
      await Promise.all(pending.splice(0))
    },
    settling: sit,
    async verify() {
      for (const gambler of [...table.values()].flat()) gambler.leave()
      table.clear()
      const { faults, answers } = kept(join(folder, 'data'), asked)
      none('faults are in the books', faults)
      const done = deeds.all.filter(({ answer }) => answer?.done)
      const names = new Set(done.map(({ name }) => name))
      const stored = [...answers.keys()].map((key) => key.split(' ')[1]!)
      const strange = stored.filter((name) => !names.has(name))
      none('commands took effect that were refused', strange)
      if (stored.length !== names.size) {
        throw new Error(`${stored.length} commands took effect, ${names.size} were answered`)
      }
    },
  }
}

function judged(answer: Asked['answer']): Answer {
  if (answer === null) return null
  const { t, p } = answer
  if (t !== 'ERROR') return { done: true, text: JSON.stringify(p) }
  // The one error after which nobody knows.
  if (p.code === 'INTERNAL_ERROR') return null
  return { done: false, text: p.code }
}
