import { expect, test } from 'bun:test'
import { betAndBack, flightCourse, openBets, targetedBets } from '../../src/bench/wagers.ts'

interface Frame {
  readonly t: string
  readonly p: {
    readonly slotId?: number
    readonly nextRound?: boolean
    readonly gameParams?: { readonly crashParams: { readonly slots: readonly Slot[] } }
  }
}
interface Slot {
  readonly slotId: number
  readonly autoCashOut?: string
}

const frameOf = (text: string): Frame => JSON.parse(`{"i":"1${text}`)
const slotsOf = (text: string) => frameOf(text).p.gameParams!.crashParams.slots

test('what callers ask in flight is legal in that order, so that the figures are not those of refusals (K8, K11, K13)', () => {
  const players = 30
  const waits = new Set<number>()
  const open = new Map(openBets(players).map(({ link, text }) => [link, slotsOf(text).length]))
  const counts = new Map<string, number>()
  for (const { link, text } of flightCourse(players, 20 * players)) {
    const { t, p } = frameOf(text)
    counts.set(t, (counts.get(t) ?? 0) + 1)
    if (t === 'PLACE_BET') {
      expect(p.nextRound).toBe(true)
      expect(waits.has(link)).toBe(false)
      waits.add(link)
    }
    if (t === 'CANCEL_BET') expect(waits.delete(link)).toBe(true)
    if (t === 'CASH_OUT') open.set(link, open.get(link)! - 1)
  }
  expect([...open.values()]).toEqual(new Array(players).fill(0))
  expect(counts.get('PLACE_BET')).toBe(4 * players)
  expect(counts.get('GET_STATE')).toBe(4 * players)
  expect(counts.get('CASH_OUT')).toBe(2 * players)
})

test('targets are reached one after another all through the flight, so that its changes come evenly (R13)', () => {
  const targets = targetedBets(300, 100).map(({ text }) => Number(slotsOf(text)[0]!.autoCashOut))
  expect(targets).toEqual(targets.toSorted((a, b) => a - b))
  expect(targets[0]).toBe(1.07)
  expect(targets.at(-1)).toBe(1.68)
})

test('who bets and takes it back has nothing at stake after each pair, so that it can go on for ever (F8)', () => {
  expect(betAndBack.map((text) => frameOf(text).t)).toEqual(['PLACE_BET', 'CANCEL_BET'])
  expect(slotsOf(betAndBack[0]!)).toMatchObject([{ slotId: frameOf(betAndBack[1]!).p.slotId }])
})
