import * as v from 'valibot'
import { Instant, named, Whole, type Operation } from '../../core/operation.ts'
import { RoundsQuery, Verify } from './fair-routes.ts'

const Multiplier = v.pipe(v.number(), v.minValue(0), v.description('Written with two decimals'))
const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
/** A sum of money in an answer. */
export const Money = v.pipe(v.string(), v.description('A decimal string, with all its decimals'))
const RoundId = v.pipe(v.string(), v.regex(/^[0-9]{16}$/))

const promise = {
  commitment: Hash,
  length: Whole,
  rtpBps: v.pipe(Whole, v.description('Return to player in basis points')),
  curve: v.string(),
  cap: Multiplier,
  committedAt: Instant,
  salt: v.nullable(v.string()),
  saltSource: v.string(),
  saltAt: v.nullable(Instant),
  position: v.pipe(Whole, v.description('The index of the last hash that was used')),
  leftAt: v.pipe(v.nullable(Instant), v.description('When it was left for good before its end')),
}
const Promised = named('Promise', v.object(promise))
const round = {
  roundId: RoundId,
  status: v.picklist(['running', 'ended', 'void']),
  crashPoint: v.nullable(Multiplier),
  hash: v.nullable(Hash),
  roundIndex: v.nullable(Whole),
  startedAt: Instant,
}
const RoundDetail = named(
  'RoundDetail',
  v.object({
    ...round,
    endedAt: v.nullable(Instant),
    source: v.picklist(['chain', 'scenario']),
    curve: v.string(),
    bets: Whole,
    totalBets: Money,
    totalPayout: Money,
    fairness: v.nullable(Promised),
  }),
)
const Stats = named(
  'Stats',
  v.object({
    last24h: v.object({
      totalRounds: Whole,
      averageCrashPoint: Multiplier,
      maxCrashPoint: Multiplier,
      minCrashPoint: Multiplier,
      totalBets: Money,
      totalPayout: Money,
      rtp: v.number(),
    }),
    currentStreak: v.object({ below2x: Whole, above10x: Whole }),
    recentCrashPoints: v.array(Multiplier),
    timestamp: Instant,
  }),
)

const Rules = named(
  'Rules',
  v.object({
    currency: v.string(),
    decimals: v.pipe(Whole, v.description('Of the currency')),
    minBet: Money,
    maxBet: Money,
    maxProfit: v.pipe(Money, v.description('A bet is cashed out where it would win more')),
    curve: v.string(),
    betting: Whole,
    waiting: Whole,
    tick: v.pipe(Whole, v.description('Between two multipliers that are told')),
    playMoney: v.pipe(
      v.boolean(),
      v.description('Whether `POST /api/crash/test/tokens` gives play money'),
    ),
    maxMultiplier: v.pipe(Multiplier, v.description('The highest crash point of the next chain')),
  }),
)

const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const promised = {
  commitment: hash,
  length: 1_000_000,
  rtpBps: 9_700,
  curve: 'exp:0.00015',
  cap: 1_000_000,
  committedAt: 1_767_323_045_000,
  salt: 'b1b6f3c0a9d84e57',
  saltSource: 'manual',
  saltAt: 1_767_323_046_000,
  position: 17,
  leftAt: null,
}
const played = {
  roundId: '2026010200000017',
  status: 'ended',
  crashPoint: 2.35,
  hash,
  roundIndex: 17,
  startedAt: 1_767_323_050_000,
}
const detail = {
  ...played,
  endedAt: 1_767_323_061_000,
  source: 'chain',
  curve: 'exp:0.00015',
  bets: 3,
  totalBets: '150.00',
  totalPayout: '117.50',
  fairness: promised,
}
const rules = {
  currency: 'USD',
  decimals: 2,
  minBet: '0.01',
  maxBet: '10000.00',
  maxProfit: '1000000.00',
  curve: 'exp:0.00015',
  betting: 5_000,
  waiting: 3_000,
  tick: 50,
  playMoney: false,
  maxMultiplier: 1_000_000,
}
const stats = {
  last24h: {
    totalRounds: 17,
    averageCrashPoint: 2.1,
    maxCrashPoint: 9.87,
    minCrashPoint: 1,
    totalBets: '150.00',
    totalPayout: '117.50',
    rtp: 0.7833,
  },
  currentStreak: { below2x: 0, above10x: 0 },
  recentCrashPoints: [2.35, 1.07],
  timestamp: 1_767_323_062_000,
}

/** Rounds are read from the disk, whoever asks. */
const fromDisk = ['STORE_UNAVAILABLE', 'OVERLOADED'] as const

function asked(name: string, rest: Omit<Operation, 'method' | 'path' | 'reads'>): Operation {
  return { ...rest, reads: true, method: 'get', path: `/api/crash/${name}` }
}

/** The proof for everybody, from any page. */
export const fairOperations: readonly Operation[] = [
  asked('fairness', {
    id: 'fairness',
    summary: 'What is promised for the rounds that are played',
    answers: {
      200: {
        says: 'The commitment of the chain, and as `next` that of one which waits for its turn',
        schema: v.object({ ...promise, next: v.optional(Promised) }),
        example: promised,
      },
    },
    refusals: ['NOT_FOUND', 'RATE_LIMITED'],
  }),
  asked('chains', {
    id: 'listChains',
    summary: 'Every chain of hashes there was',
    answers: {
      200: {
        says: 'Newest first',
        schema: named(
          'Chains',
          v.object({ chains: v.array(v.object({ chain: Whole, ...promise })) }),
        ),
        example: { chains: [{ chain: 1, ...promised }] },
      },
    },
    refusals: ['RATE_LIMITED'],
  }),
  asked('rules', {
    id: 'crashRules',
    summary: 'What everybody plays by',
    answers: {
      200: {
        says: 'The currency, the limits of one bet, how the multiplier rises, and durations in ms',
        schema: Rules,
        example: rules,
      },
    },
    refusals: ['RATE_LIMITED'],
  }),
  asked('stats', {
    id: 'crashStats',
    summary: 'Statistics of the last 24 hours',
    answers: { 200: { says: 'All 0 without a round', schema: Stats, example: stats } },
    refusals: ['RATE_LIMITED'],
  }),
  asked('rounds', {
    id: 'listRounds',
    summary: 'What has been played',
    query: RoundsQuery,
    example: { query: { limit: '10' } },
    answers: {
      200: {
        says: 'Newest first; a round that runs shows neither its crash point nor its hash',
        schema: named('Rounds', v.object({ rounds: v.array(named('Round', v.object(round))) })),
        example: { rounds: [played] },
      },
    },
    refusals: ['RATE_LIMITED', ...fromDisk],
  }),
  asked('rounds/:id', {
    id: 'readRound',
    summary: 'One round with its sums, and what it is checked by',
    params: v.object({ id: RoundId }),
    example: { params: { id: played.roundId } },
    answers: { 200: { says: 'The round', schema: RoundDetail, example: detail } },
    refusals: ['NOT_FOUND', 'RATE_LIMITED', ...fromDisk],
  }),
  {
    reads: true,
    method: 'post',
    path: '/api/crash/verify',
    id: 'verifyRound',
    summary: 'A second opinion on a crash point',
    description: 'What is left out is that of the chain that is played.',
    body: { schema: Verify },
    example: { body: { hash, salt: promised.salt, rtp: '0.97', cap: '1000000.00' } },
    answers: {
      200: {
        says: 'The crash point of a hash, and the hash that came before it in the chain',
        schema: v.object({ crashPoint: Multiplier, previousHash: Hash }),
        example: { crashPoint: 2.35, previousHash: hash },
      },
    },
    refusals: ['RATE_LIMITED'],
  },
]
