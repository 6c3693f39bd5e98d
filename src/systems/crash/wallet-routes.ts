import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Clock } from '../../core/clock.ts'
import { fieldRefusal, Refusal } from '../../core/errors.ts'
import { readJson } from '../../core/json.ts'
import type { Authorize } from '../../core/keys.ts'
import { amount, formatAmount } from '../../core/money.ts'
import { shaped } from '../../core/protocol.ts'
import { textsOf, wholeText } from '../../core/query.ts'
import type { Audience } from './audience.ts'
import { detailsOf } from './codec.ts'
import type { Entry, Ledger, WalletAnswer } from './ledger.ts'
import { playerPattern } from './player-id.ts'

/** What the routes of wallets work with. */
export interface WalletParts {
  readonly ledger: Pick<Ledger, 'account' | 'move' | 'rollback' | 'entries'>
  readonly audience: Pick<Audience, 'balance'>
  readonly authorize: Authorize
  readonly clock: Clock
  readonly decimals: number
}

const TxId = v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]{1,128}$/, 'Expected 1 to 128 visible ASCII characters'),
)
/** Body of POST /api/wallets/{player}/rollback. */
export const Rollback = v.object({ tx_id: TxId })

/** Body of a credit or a debit, in a currency of so many decimals. */
export function movement(decimals: number) {
  return v.object({ amount: amount({ decimals }), tx_id: TxId })
}

/** Query of a list of entries: the last id of the part before, and how many. */
export const EntriesQuery = v.object({
  after: v.optional(wholeText(0, Number.MAX_SAFE_INTEGER), '0'),
  limit: v.optional(wholeText(1, 1_000), '100'),
})

/** A movement takes 200 bytes. */
const mostBytes = 4_096

/** Purses for the backend that owns the money, with a server key of the scope `wallet`: each movement once by its `tx_id`, kept for ever, and told to the player's connections. */
export function walletRoutes(parts: WalletParts): Hono {
  const { ledger, authorize, clock, decimals } = parts
  const written = (minor: number) => formatAmount(minor, decimals)
  const Movement = movement(decimals)
  const app = new Hono()
  app.get('/api/wallets/:player', async (context) => {
    await authorize(context.req.raw, 'wallet')
    const { player, balance } = await known(context)
    return context.json({ player, balance: written(balance) })
  })
  app.get('/api/wallets/:player/entries', async (context) => {
    await authorize(context.req.raw, 'wallet')
    const { after, limit } = shaped(EntriesQuery, textsOf(context.req.queries()))
    const { player } = await known(context)
    const { entries, more } = await ledger.entries(player, after, limit)
    return context.json({ entries: entries.map((entry) => entryOf(entry, written)), more })
  })
  for (const kind of ['credit', 'debit'] as const) {
    app.post(`/api/wallets/:player/${kind}`, async (context) => {
      const { name: actor } = await authorize(context.req.raw, 'wallet')
      const player = playerOf(context)
      const { amount: sum, tx_id: txId } = shaped(Movement, await body(context), 'INVALID_REQUEST')
      const move = { player, kind, amount: sum, txId, actor, at: clock.now() }
      return answer(context, kind.toUpperCase(), () => ledger.move(move))
    })
  }
  app.post('/api/wallets/:player/rollback', async (context) => {
    const { name: actor } = await authorize(context.req.raw, 'wallet')
    const player = playerOf(context)
    const { tx_id: txId } = shaped(Rollback, await body(context))
    const wish = { player, txId, actor, at: clock.now() }
    return answer(context, 'ROLLBACK', () => ledger.rollback(wish))
  })
  return app

  async function known(context: Context) {
    const account = await ledger.account(playerOf(context))
    if (account === null) throw new Refusal('NOT_FOUND', 'No such player')
    return account
  }

  async function answer(context: Context, reason: string, run: () => Promise<WalletAnswer>) {
    const { player, balance, txId, amount: changed } = await run().catch(inDecimals)
    if (changed !== 0) parts.audience.balance(player, { balance, amount: changed, reason })
    return context.json({ player, balance: written(balance), txId })
  }

  function inDecimals(error: unknown): never {
    if (!(error instanceof Refusal) || error.details === undefined) throw error
    const { code, message, status } = error
    throw new Refusal(code, message, detailsOf(error, decimals), status)
  }
}

function body({ req }: Context): Promise<unknown> {
  return readJson(req.raw, [], mostBytes)
}

function playerOf({ req }: Context): string {
  const player = req.param('player') ?? ''
  if (playerPattern.test(player)) return player
  throw fieldRefusal('INVALID_REQUEST', 'player', 'Expected the id of a player')
}

function entryOf(
  { id, kind, amount: sum, balance, round, txId, at }: Entry,
  written: (minor: number) => string,
) {
  return {
    id,
    kind,
    amount: written(sum),
    balance: written(balance),
    roundId: round === null ? null : String(round),
    txId,
    timestamp: at,
  }
}
