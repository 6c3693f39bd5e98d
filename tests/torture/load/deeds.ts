import type { Random } from '../random.ts'

/** What a server said to something it was asked: `done` with what must be the same for every repeat, or refused with nothing done; null when nobody knows what became of it. */
export type Answer = { readonly done: boolean; readonly text: string } | null

/** Something with a key, so that it may be asked again and again and happens once. */
export interface Deed {
  readonly name: string
  /** Asks the server at an address. */
  ask(url: string): Promise<Answer>
  /** What is known of it so far. */
  answer: Answer
  /** Epoch ms of the first answer, rounded up; 0 while there is none. */
  answeredAt: number
}

/** All that was asked in a run, and what was wrong with the answers. */
export interface Deeds {
  readonly all: readonly Deed[]
  /** Two answers to the same deed that differ, and whatever else a load has to complain about. */
  readonly faults: string[]
  /** Asks for the first time; resolves to whether it was done. */
  attempt(url: string, name: string, ask: Deed['ask']): Promise<boolean>
  /** Asks for everything unknown, several times at once, until it is known; then for some of the rest again. */
  settle(url: string): Promise<void>
  /** How much was done, refused and asked again after silence. */
  readonly counts: { done: number; refused: number; settled: number }
}

/** How often an unknown deed is asked at the same instant. */
const twins = 3
/** Deeds that are asked again in spite of a known answer, in each settling. */
const checked = 40

/** An empty list of deeds, each of which is asked `copies` times at once from the start. */
export function createDeeds(random: Random, copies = 1): Deeds {
  const all: Deed[] = []
  const faults: string[] = []
  const counts = { done: 0, refused: 0, settled: 0 }

  function note(deed: Deed, answer: Answer): void {
    if (answer === null) return
    const before = deed.answer
    if (before === null) deed.answeredAt = Date.now() + 1
    // A refusal changes nothing and is not kept: later the same wish may well be granted.
    if (before === null || (!before.done && answer.done)) deed.answer = answer
    else if (before.done && before.text !== answer.text) {
      faults.push(`"${deed.name}" was answered ${before.text}, then ${answer.text}`)
    }
  }

  /** Of several at once some may be refused before another is granted, and what comes over two sockets arrives in any order. Then one more, alone, must find it done. */
  async function together(deed: Deed, url: string, times: number): Promise<void> {
    const answers = await Promise.all(Array.from({ length: times }, () => deed.ask(url)))
    const done = answers.filter((answer) => answer?.done)
    for (const answer of done.length > 0 ? done : answers) note(deed, answer)
    if (times > 1 && done.length > 0 && done.length < times) note(deed, await deed.ask(url))
  }

  async function known(deed: Deed, url: string): Promise<void> {
    for (let tries = 0; deed.answer === null; tries++) {
      if (tries === 50) throw new Error(`Nothing becomes of "${deed.name}"`)
      await together(deed, url, Math.max(twins, copies))
      if (deed.answer === null) await Bun.sleep(20)
    }
    counts.settled++
    counts[deed.answer.done ? 'done' : 'refused']++
  }

  return {
    all,
    faults,
    counts,
    async attempt(url, name, ask) {
      const deed: Deed = { name, ask, answer: null, answeredAt: 0 }
      all.push(deed)
      await together(deed, url, copies)
      // An answer that came while it was asked is read here, not the null of above.
      const { answer } = deed as { answer: Answer }
      if (answer !== null) counts[answer.done ? 'done' : 'refused']++
      return answer?.done === true
    },
    async settle(url) {
      const unknown = all.filter(({ answer }) => answer === null)
      for (let from = 0; from < unknown.length; from += 20) {
        await Promise.all(unknown.slice(from, from + 20).map((deed) => known(deed, url)))
      }
      const done = all.filter(({ answer }) => answer?.done)
      if (done.length === 0) return
      const some = Array.from({ length: checked }, () => random.one(done))
      await Promise.all(some.map(async (deed) => note(deed, await deed.ask(url))))
    },
  }
}

/** What one kind of work does to a server, and how it is judged. */
export interface Work {
  readonly name: string
  /** Makes what it needs, on the first server. */
  prepare(url: string): Promise<void>
  /** Works until `halted`; resolves once nothing of it is on its way any more. */
  work(url: string, halted: () => boolean): Promise<void>
  /** Everything that was asked. */
  readonly deeds: Deeds
  /** Before deeds are settled at a server, where the work needs connections for that. */
  settling?(url: string): Promise<void>
  /** Once all is settled: throws when something is missing, too much or different. */
  verify(url: string): Promise<void>
  /** At a server that knows less: throws unless everything is there that was answered before an instant, epoch ms. */
  holds?(url: string, before: number): Promise<void>
}

/** Everybody of a crew acts and rests, as many ms as `rest` says, again and again until `halted`. */
export async function keepAt<One>(
  crew: Iterable<One>,
  act: (one: One) => Promise<unknown>,
  { halted, rest }: { halted: () => boolean; rest: () => number },
): Promise<void> {
  const keep = async (one: One) => {
    while (!halted()) {
      await act(one)
      await Bun.sleep(rest())
    }
  }
  await Promise.all(Array.from(crew, keep))
}

/** What was done and answered before an instant. */
export function doneBefore({ all }: Deeds, before: number): readonly Deed[] {
  return all.filter(({ answer, answeredAt }) => answer?.done === true && answeredAt < before)
}
