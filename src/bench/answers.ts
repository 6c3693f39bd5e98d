import type { Asked, Circle, Step } from './asking.ts'
import type { Crowd } from './crowd.ts'
import type { Flown } from './flights.ts'
import { createLatencies, type Latencies } from './latency.ts'

/** What came of the requests of a crowd. */
export interface Answers {
  readonly answered: number
  /** Refusals by their code. */
  readonly refused: Readonly<Record<string, number>>
  readonly unanswered: number
  readonly ms: number
  readonly latencies: Latencies
}

/** Sends requests, each on the connection it names, at an even rate; those count that were sent at `from` (µs) or later. */
export async function ask(
  crowd: Crowd,
  steps: readonly Step[],
  perSecond: number,
  from = 0,
): Promise<Answers> {
  const parts = await crowd.order<Asked>('course', (first, end) => {
    const own = steps.filter(({ link }) => link >= first && link < end)
    return {
      steps: own.map(({ link, text }) => ({ link: link - first, text })),
      perSecond: (perSecond * own.length) / steps.length,
      from,
    }
  })
  return together(parts)
}

/** Has each connection send the same again and again, the next one after each answer. */
export async function askInCircles(crowd: Crowd, circle: Circle): Promise<Answers> {
  return together(await crowd.order<Asked>('circle', () => circle))
}

function together(parts: readonly Asked[]): Answers {
  const latencies = createLatencies()
  const refused: Record<string, number> = {}
  for (const part of parts) {
    latencies.merge(part.latencies)
    for (const [code, count] of Object.entries(part.refused)) {
      refused[code] = (refused[code] ?? 0) + count
    }
  }
  const total = (of: (part: Asked) => number) => parts.reduce((sum, part) => sum + of(part), 0)
  return {
    answered: total(({ answered }) => answered),
    refused,
    unanswered: total(({ unanswered }) => unanswered),
    ms: Math.max(...parts.map(({ ms }) => ms)),
    latencies,
  }
}

/** How many requests were refused; throws when it were so many that the figures would be those of refusals. */
export function refusals({ answered, refused }: Answers): number {
  const count = Object.values(refused).reduce((sum, one) => sum + one, 0)
  if (count > (answered + count) / 10) throw new Error(`Refused: ${JSON.stringify(refused)}`)
  return count
}

/** What several crowds heard of a flight. */
export interface Heard extends Omit<Flown, 'latencies'> {
  readonly latencies: Latencies
}

/** Counts multipliers told from `from` to `to` (epoch ms) from now on, `tick` ms apart. */
export async function watchFlight(
  crowds: readonly Crowd[],
  span: { readonly from: number; readonly to: number; readonly tick: number },
): Promise<void> {
  await Promise.all(crowds.map((crowd) => crowd.order('watch', () => span)))
}

/** What has been heard so far. */
export async function heardOf(crowds: readonly Crowd[]): Promise<Heard> {
  const all = crowds.map((crowd) => crowd.order<Flown>('flown', () => undefined))
  const parts = (await Promise.all(all)).flat()
  const latencies = createLatencies()
  for (const part of parts) latencies.merge(part.latencies)
  const total = (of: (part: Flown) => number) => parts.reduce((sum, part) => sum + of(part), 0)
  const least = (of: (part: Flown) => number) => Math.min(...parts.map(of))
  const most = (of: (part: Flown) => number) => Math.max(...parts.map(of))
  return {
    ticks: total(({ ticks }) => ticks),
    least: least((part) => part.least),
    most: most((part) => part.most),
    missed: total(({ missed }) => missed),
    firstAt: least(({ firstAt }) => firstAt),
    lastAt: most(({ lastAt }) => lastAt),
    latencies,
    changes: total(({ changes }) => changes),
    leastChanges: least(({ leastChanges }) => leastChanges),
    mostChanges: most(({ mostChanges }) => mostChanges),
  }
}
