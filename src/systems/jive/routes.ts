import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Verify } from '../../core/auth.ts'
import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import { repeatable } from '../../core/idempotency.ts'
import { readJson } from '../../core/json.ts'
import type { Limiter, Rate } from '../../core/limiter.ts'
import { shaped } from '../../core/protocol.ts'
import { textsOf } from '../../core/query.ts'
import { spend } from '../../core/turn.ts'
import type { Asking, Books } from './books.ts'
import { literalNumbers } from './channels.ts'
import { accountsText, accountText, ruleText, transactionsText, transactionText } from './events.ts'
import { Change, ListQuery, NewAccount, NewRule, NewTransactionBody } from './bodies.ts'
import { caller } from './session.ts'
import { idPattern } from './topics.ts'

/** What the routes work with. */
export interface RouteParts {
  readonly books: Books
  readonly clock: Clock
  readonly verify: Verify
  readonly limiter: Limiter
  /** How often one user may ask. */
  readonly rate: Rate
}

/** HTTP for the books (J18), with the user's Bearer token. Refusals are thrown; the server's app answers them. */
export function routes(parts: RouteParts): Hono {
  const app = new Hono()
  accountRoutes(app, parts)
  transactionRoutes(app, parts)
  ruleRoutes(app, parts)
  return app
}

function accountRoutes(app: Hono, parts: RouteParts): void {
  const { books } = parts
  app.post('/api/v1/accounts', async (context) => {
    const who = await asker(context, parts)
    const { family_id: family, ...body } = shaped(NewAccount, await json(context))
    mustBelong(who, family)
    const account = await books.createAccount(who, { ...body, id: crypto.randomUUID(), family })
    return answer(accountText(account), 201)
  })
  app.get('/api/v1/accounts', async (context) => {
    const who = await asker(context, parts)
    const { after = null, limit } = shaped(ListQuery, textsOf(context.req.queries()))
    return answer(accountsText(await books.accounts(who, { after, limit })))
  })
  app.get('/api/v1/accounts/:id', async (context) => {
    const who = await asker(context, parts)
    return answer(accountText(await books.account(who, idOf(context, 'account'))))
  })
}

/** Query of a list of transactions, beside what every list has. */
export const TransactionsQuery = v.object({ account_id: v.string() })

function transactionRoutes(app: Hono, parts: RouteParts): void {
  const { books } = parts
  app.post('/api/v1/transactions', async (context) => {
    const who = await asker(context, parts)
    const { account_id: account, ...body } = shaped(NewTransactionBody, await json(context))
    const idempotency = repeatable(context.req.raw.headers, { account, ...body })
    const id = crypto.randomUUID()
    const created = await books.createTransaction(who, { ...body, id, account, idempotency })
    return answer(transactionText(created), 201)
  })
  app.get('/api/v1/transactions', async (context) => {
    const who = await asker(context, parts)
    const query = textsOf(context.req.queries())
    const { account_id } = shaped(TransactionsQuery, query)
    const { after = null, limit } = shaped(ListQuery, query)
    return answer(transactionsText(await books.transactions(who, account_id, { after, limit })))
  })
  app.get('/api/v1/transactions/:id', async (context) => {
    const who = await asker(context, parts)
    const found = await books.transaction(who, idOf(context, 'transaction'))
    return answer(transactionText(found))
  })
  app.put('/api/v1/transactions/:id', async (context) => {
    const who = await asker(context, parts)
    const id = idOf(context, 'transaction')
    const { account_id: account, ...body } = shaped(Change, await json(context))
    const change = account === undefined ? body : { ...body, account }
    return answer(transactionText(await books.updateTransaction(who, id, change)))
  })
  app.delete('/api/v1/transactions/:id', async (context) => {
    const who = await asker(context, parts)
    await books.deleteTransaction(who, idOf(context, 'transaction'))
    return new Response(null, { status: 204 })
  })
}

/** Of one user's rules: each goes through all transactions of a family, and every other write waits for it. */
const executions: Rate = { perSecond: 1, burst: 5 }

function ruleRoutes(app: Hono, parts: RouteParts): void {
  const { books } = parts
  app.post('/api/v1/rules', async (context) => {
    const who = await asker(context, parts)
    const { family_id: family, ...body } = shaped(NewRule, await json(context))
    mustBelong(who, family)
    const rule = await books.createRule(who, { ...body, id: crypto.randomUUID(), family })
    return answer(ruleText(rule), 201)
  })
  app.post('/api/v1/rules/:id/execute', async (context) => {
    const who = await asker(context, parts)
    const id = idOf(context, 'rule')
    spend(parts.limiter, `jive/${who.user}:execute`, executions)
    const matched = await books.executeRule(who, id)
    return answer(JSON.stringify({ rule_id: id, matched_count: matched }))
  })
}

/** Who asks; the rate is the user's, over all requests. */
async function asker({ req }: Context, parts: RouteParts): Promise<Asking> {
  const { verify, clock, limiter, rate } = parts
  const who = await caller(req.raw.headers, verify)
  spend(limiter, `jive/${who.user}:http`, rate)
  return { ...who, at: clock.now() }
}

/** The largest body that makes sense here takes 10 KB; reading megabytes for one user would hold everybody up. */
const mostBytes = 65_536

/** Sums arrive as their text, whether they were written as numbers or as strings. */
function json({ req }: Context): Promise<unknown> {
  return readJson(req.raw, literalNumbers, mostBytes)
}

/** An id of the path; one that cannot exist is answered like one that does not. */
function idOf({ req }: Context, what: string): string {
  const id = req.param('id') ?? ''
  if (!idPattern.test(id)) throw new Refusal('NOT_FOUND', `No such ${what}`)
  return id
}

/** Families live in tokens alone: one the caller is not in looks like one that nobody is in. */
function mustBelong({ families }: Asking, family: string): void {
  if (!families.includes(family)) {
    throw new Refusal('FORBIDDEN', `No access to "family:${family}"`)
  }
}

function answer(text: string, status = 200): Response {
  return new Response(text, { status, headers: { 'content-type': 'application/json' } })
}
