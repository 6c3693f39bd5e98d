import { describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import { Refusal } from '../../../src/core/errors.ts'
import {
  CancelBet,
  CashOut,
  EventTypes,
  PlaceBet,
  stakesOf,
  wishText,
} from '../../../src/systems/crash/shapes.ts'

const rules = { decimals: 2, cap: 100_000 }
const slots = [{ slotId: 1, amount: '1.00' }]
const other = [{ slotId: 2, amount: '1.00' }]

/** What is read of a payload, or the code it is refused with. */
function read(payload: unknown): unknown {
  const parsed = v.safeParse(PlaceBet, payload)
  if (!parsed.success) return 'INVALID_REQUEST'
  try {
    return stakesOf(parsed.output, rules, () => {})
  } catch (error) {
    return (error as Refusal).code
  }
}

const bet = (amount: unknown, autoCashOut?: unknown, slotId: unknown = 1) => ({
  crash: { slots: [{ slotId, amount, autoCashOut }] },
})
const stake = (amount: number, target: number | null = null, slot = 1) => [{ slot, amount, target }]

describe('R3: bets are read in every form that clients have', () => {
  const cases: [form: string, payload: unknown, result: unknown][] = [
    ['gameParams.crashParams', { gameParams: { crashParams: { slots } } }, stake(100)],
    ['gameParams.crash', { gameParams: { crash: { slots } } }, stake(100)],
    ['crashParams', { crashParams: { slots } }, stake(100)],
    ['crash', { crash: { slots } }, stake(100)],
    ['two forms that say the same', { crash: { slots }, crashParams: { slots } }, stake(100)],
    [
      'two forms that differ',
      { gameParams: { crashParams: { slots } }, crash: { slots: other } },
      'INVALID_REQUEST',
    ],
    ['a form beside one that is null', { gameParams: null, crash: { slots } }, stake(100)],
    [
      'the type of the original',
      { '@type': 'type.googleapis.com/api.game.v1.GameParams', crash: { slots } },
      stake(100),
    ],
    [
      'an unknown type',
      { '@type': 'type.googleapis.com/Evil', crash: { slots } },
      'INVALID_REQUEST',
    ],
    [
      'an unknown type inside',
      { gameParams: { '@type': 'Evil', crash: { slots } } },
      'INVALID_REQUEST',
    ],
    ['no form at all', { slots }, 'INVALID_REQUEST'],
    ['no slots', { crash: {} }, 'INVALID_REQUEST'],
    ['an empty list', { crash: { slots: [] } }, 'INVALID_REQUEST'],
    ['slots that are no list', { crash: { slots: { 0: slots[0] } } }, 'INVALID_REQUEST'],
    ['a payload that is no object', 5, 'INVALID_REQUEST'],
    ['nextRound that is no switch', { crash: { slots }, nextRound: 'yes' }, 'INVALID_REQUEST'],
  ]
  test.each(cases)('%s', (_, payload, result) => {
    expect(read(payload)).toEqual(result)
  })
})

test.each([0, 4, -1, 1.5, '1', null, undefined])(
  'R16: slot %j is none, which is a fault of the shape',
  (slotId) => {
    expect(read({ crash: { slots: [{ slotId, amount: '1.00' }] } })).toBe('INVALID_REQUEST')
  },
)

describe('K32: an amount is a decimal string above zero', () => {
  test.each([
    ['0.01', 1],
    ['1', 100],
    ['1.5', 150],
    ['9999999999999.99', 999_999_999_999_999],
  ])('%s is one', (text, minor) => {
    expect(read(bet(text))).toEqual(stake(minor))
  })
  const wrong: unknown[] = [
    ...['', '0', '0.00', '-1.00', '+1', '1.', '.5', '01', '1e3', '0x10', ' 5', '5 ', '1,00'],
    ...['1.001', '１', '99999999999999.99', 'NaN', 'Infinity', '1'.repeat(1_000)],
    ...[1, 1.5, null, undefined, true, [], {}, ['1.00']],
  ]
  test.each(wrong.map((one) => [one]))('%j is none', (one) => {
    expect(read(bet(one))).toBe('INVALID_AMOUNT')
  })
})

describe('R11: the total, where one is given, is the sum of the slots', () => {
  const two = [...slots, ...other]
  test.each([
    ['2.00', 2],
    ['2', 2],
    ['2.0', 2],
    [undefined, 2],
    [null, 2],
  ])('%j is', (amount, count) => {
    expect(read({ amount, crash: { slots: two } })).toHaveLength(count)
  })
  test.each(['1.00', '2.01', '', '2.000', 2, {}])('%j is not', (amount) => {
    expect(read({ amount, crash: { slots: two } })).toBe('INVALID_AMOUNT')
  })
})

test('R15: a fourth slot and a slot twice are too many, before any amount is looked at', () => {
  const many = [1, 2, 3, 3].map((slotId) => ({ slotId, amount: 'nonsense' }))
  expect(read({ crash: { slots: many } })).toBe('MAX_BETS_EXCEEDED')
  expect(read({ crash: { slots: many.slice(2) } })).toBe('MAX_BETS_EXCEEDED')
  expect(read({ crash: { slots: many.slice(0, 3) } })).toBe('INVALID_AMOUNT')
})

describe('R13: a bet may be cashed out by itself', () => {
  test.each([
    ['2.00', 200],
    ['2', 200],
    ['1.01', 101],
    [2, 200],
    [1.5, 150],
    ['1000.00', 100_000],
    [null, null],
    [undefined, null],
  ])('at %j', (wished, target) => {
    expect(read(bet('1.00', wished))).toEqual(stake(100, target))
  })
  test.each([
    '1.00',
    '1',
    1,
    '0.99',
    '0',
    '-2',
    '2.001',
    2.005,
    '1000.01',
    '1e2',
    1e21,
    '',
    'x',
    {},
  ])('not at %j (R25)', (wished) => {
    expect(read(bet('1.00', wished))).toBe('INVALID_MULTIPLIER')
  })
  test('an amount that is none is told before', () => {
    expect(read(bet('x', '1.00'))).toBe('INVALID_AMOUNT')
  })
})

test('R30: a wish has one text, whatever its form, and another wish has another', () => {
  const text = (payload: unknown) => wishText(v.parse(PlaceBet, payload))
  const one = text({ crash: { slots } })
  expect(text({ gameParams: { crashParams: { slots } }, unknown: 1 })).toBe(one)
  const others = [
    { crash: { slots: other } },
    { crash: { slots }, nextRound: true },
    { crash: { slots }, amount: '1.00' },
    bet('1.0'),
    bet('1.00', '2.00'),
    { crash: { slots: [...slots, ...other] } },
  ].map(text)
  expect(new Set([one, ...others]).size).toBe(others.length + 1)
})

test('the text of a wish that can never be one is short, so that nobody fills the queue with it', () => {
  const long = Array.from({ length: 10_000 }, () => ({ slotId: 1, amount: '1'.repeat(1_000) }))
  expect(wishText(v.parse(PlaceBet, { crash: { slots: long } })).length).toBeLessThan(1_000)
})

test('of an amount that is a megabyte of JSON no text is made: to write it four times took a tenth of a second', () => {
  const amount = {
    toJSON() {
      throw new Error('Written')
    },
  }
  const wish = { crash: { slots: [{ slotId: 1, amount, autoCashOut: amount }] }, amount }
  expect(wishText(v.parse(PlaceBet, { ...wish, crashParams: wish.crash }))).toContain('PLACE_BET')
})

/** Undefined for what does not fit. */
function fitting<Schema extends v.GenericSchema>(schema: Schema, payload: unknown) {
  const parsed = v.safeParse(schema, payload)
  return parsed.success ? (parsed.output as unknown) : undefined
}

test.each([
  [{ slotId: 2 }, { slot: 2, all: false }],
  [
    { slotId: 2, cashOutAll: false },
    { slot: 2, all: false },
  ],
  [
    { slotId: 2, cashOutAll: true },
    { slot: null, all: true },
  ],
  [
    { slotId: 'whatever', cashOutAll: true },
    { slot: null, all: true },
  ],
  [{}, { slot: null, all: false }],
  [
    { slotId: null, cashOutAll: null },
    { slot: null, all: false },
  ],
  [{ slotId: 0 }, undefined],
  [{ slotId: 4 }, undefined],
  [{ slotId: '1' }, undefined],
  [{ slotId: 1, cashOutAll: 'yes' }, undefined],
  [{ slotId: 1, '@type': 'Evil' }, undefined],
])('R4: CASH_OUT %j means %j', (payload, meaning) => {
  expect(fitting(CashOut, payload)).toEqual(meaning)
})

test.each([
  [{ slotId: 0 }, { slotId: 0 }],
  [{ slotId: 3 }, { slotId: 3 }],
  [{}, undefined],
  [{ slotId: 4 }, undefined],
  [{ slotId: '0' }, undefined],
])('K13: CANCEL_BET %j means %j', (payload, meaning) => {
  expect(fitting(CancelBet, payload)).toEqual(meaning)
})

test('K23: only events of the list can be subscribed to', () => {
  expect(fitting(EventTypes, { eventTypes: ['CRASH_STATS'] })).toEqual({
    eventTypes: ['CRASH_STATS'],
  })
  for (const eventTypes of [['BALANCE_UPDATE'], ['CRASH_STATS', 5], 'CRASH_STATS', undefined]) {
    expect(fitting(EventTypes, { eventTypes })).toBeUndefined()
  }
})

test('a list that is too long is refused before anybody looks at what is in it: half a million faults took a second, in which nobody else was served', () => {
  let looked = 0
  const element = {
    get slotId() {
      looked++
      return 'x'
    },
  }
  const long = Array.from({ length: 10_000 }, () => element)
  expect(fitting(PlaceBet, { crash: { slots: long } })).toBeUndefined()
  expect(looked).toBe(4)
  const events = v.safeParse(EventTypes, { eventTypes: Array.from({ length: 10_000 }, () => 1) })
  expect(events.issues).toHaveLength(1)
})
