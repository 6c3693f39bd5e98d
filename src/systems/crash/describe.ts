import * as v from 'valibot'
import { Instant, named, Whole, type Description, type Operation } from '../../core/operation.ts'
import { fairOperations, Money } from './describe-fair.ts'
import { playerPattern } from './player-id.ts'
import { TestToken } from './test-routes.ts'
import { EntriesQuery, movement, Rollback } from './wallet-routes.ts'

const wallet = { access: { serverKey: ['wallet'] } } as const
const Player = v.pipe(v.string(), v.regex(playerPattern))
const params = v.object({ player: Player })
const path = { player: 'player-1' }

const Wallet = named('Wallet', v.object({ player: Player, balance: Money }))
const Moved = named('Moved', v.object({ player: Player, balance: Money, txId: v.string() }))
const Entry = named(
  'Entry',
  v.object({
    id: Whole,
    kind: v.string(),
    amount: v.pipe(v.string(), v.description('Below zero where the player paid')),
    balance: Money,
    roundId: v.nullable(v.string()),
    txId: v.nullable(v.pipe(v.string(), v.description('Of the wallet; null for bets'))),
    timestamp: Instant,
  }),
)
const moved = { player: 'player-1', balance: '150.00', txId: 'deposit-17' }

/** The movements of a wallet, in a currency of so many decimals. */
function moves(decimals: number): readonly Operation[] {
  return (['credit', 'debit'] as const).map((kind) => ({
    ...wallet,
    method: 'post',
    path: `/api/wallets/:player/${kind}`,
    id: kind,
    summary: kind === 'credit' ? 'Give a player money' : 'Take money from a player',
    description:
      'Once for each `tx_id`, which is kept for ever: a repeat gets the first answer and moves nothing.',
    params,
    body: { schema: movement(decimals) },
    example: { params: path, body: { amount: '50', tx_id: `${kind}-17` } },
    answers: {
      200: {
        says: 'The balance after it',
        schema: Moved,
        example: { ...moved, txId: `${kind}-17` },
      },
    },
    refusals: [
      'INVALID_AMOUNT',
      'TX_CONFLICT',
      'TX_ROLLED_BACK',
      ...(kind === 'debit' ? (['INSUFFICIENT_BALANCE'] as const) : []),
    ],
    statuses: { INSUFFICIENT_BALANCE: 409 },
  }))
}

/** Purses, for the backend that owns the money. */
const reading: readonly Operation[] = [
  {
    ...wallet,
    reads: true,
    method: 'get',
    path: '/api/wallets/:player',
    id: 'readWallet',
    summary: 'The balance of a player',
    params,
    example: { params: path },
    answers: {
      200: {
        says: 'The balance',
        schema: Wallet,
        example: { player: 'player-1', balance: '100.00' },
      },
    },
    refusals: ['NOT_FOUND'],
  },
  {
    ...wallet,
    reads: true,
    method: 'get',
    path: '/api/wallets/:player/entries',
    id: 'listEntries',
    summary: 'Every movement on the purse of a player',
    params,
    query: EntriesQuery,
    example: { params: path, query: { limit: '10' } },
    answers: {
      200: {
        says: 'Oldest first; `more`: there are further ones after the last id',
        schema: named('Entries', v.object({ entries: v.array(Entry), more: v.boolean() })),
        example: {
          entries: [
            {
              id: 4,
              kind: 'credit',
              amount: '50.00',
              balance: '150.00',
              roundId: null,
              txId: 'credit-17',
              timestamp: 1_767_323_045_000,
            },
          ],
          more: false,
        },
      },
    },
    refusals: ['NOT_FOUND'],
  },
]

const undoing: Operation = {
  ...wallet,
  method: 'post',
  path: '/api/wallets/:player/rollback',
  id: 'rollBack',
  summary: 'Undo a credit or a debit',
  description: 'One that has not come yet will be refused when it does.',
  params,
  body: { schema: Rollback },
  example: { params: path, body: { tx_id: 'credit-17' } },
  answers: {
    200: {
      says: 'The balance after it',
      schema: Moved,
      example: { ...moved, balance: '100.00', txId: 'credit-17' },
    },
  },
  refusals: ['INSUFFICIENT_BALANCE', 'INVALID_AMOUNT', 'TX_CONFLICT'],
  statuses: { INSUFFICIENT_BALANCE: 409 },
}

const trying: readonly Operation[] = [
  {
    development: true,
    reads: true,
    method: 'post',
    path: '/api/crash/test/tokens',
    id: 'testToken',
    summary: 'A token for whoever asks',
    body: { schema: TestToken, optional: true },
    example: { body: { playerId: 'player-1', nickname: 'Ann' } },
    answers: {
      200: {
        says: 'The token, and whose it is',
        schema: v.object({ token: v.string(), playerId: Player }),
        example: { token: 'eyJhbGciOiJIUzI1NiJ9.…', playerId: 'player-1' },
      },
    },
    refusals: ['RATE_LIMITED', 'NOT_CONFIGURED'],
  },
  {
    page: true,
    reads: true,
    method: 'get',
    path: '/crash',
    id: 'crashPage',
    summary: 'A page to play the game on',
    answers: { 200: { says: 'The page', type: 'text/html', schema: v.string() } },
  },
  {
    page: true,
    reads: true,
    method: 'get',
    path: '/crash/verify',
    id: 'verifyPage',
    summary: 'A page that recomputes a round in the browser',
    answers: { 200: { says: 'The page', type: 'text/html', schema: v.string() } },
  },
]

/** The money and the proof of the game, in a currency of so many decimals. */
export function describe(decimals: number): Description {
  return {
    name: 'crash',
    summary: 'A multiplier game: the purses of its players, and the proof that no round was chosen',
    operations: [...reading, ...moves(decimals), undoing, ...fairOperations, ...trying],
  }
}
