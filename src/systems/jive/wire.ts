import * as v from 'valibot'
import { commonRefusals, type Wire, type WireFrame } from '../../core/wire.ts'
import { Account, account, Money, Transaction, transaction } from './answers.ts'
import { events } from './channels.ts'
import { resources } from './requests.ts'
import { Id } from './shapes.ts'

const uuid = '550e8400-e29b-41d4-a716-446655440001'
const topic = `family:${uuid}`
const Topic = v.pipe(
  v.string(),
  v.regex(/^(global|(family|user|account):[A-Za-z0-9_-]{1,64})$/),
  v.description('`family:{id}`, `user:{id}`, `account:{id}` or `global`'),
)
const MessageId = v.pipe(v.string(), v.regex(/^\d{1,15}$/))
/** What of a transaction is as it says, whoever tells of it. */
const Published = v.looseObject({
  amount: v.optional(Money),
  description: v.optional(v.string()),
  payee: v.optional(v.nullable(v.string())),
})
const Greeting = v.object({ user_id: Id, last: v.optional(MessageId) })
const Balance = v.object({
  account_id: Id,
  balance: Money,
  available_balance: v.optional(Money),
})

/** A frame with data; recorded ones carry their id to whoever connected with `after`. */
function told(
  type: string,
  means: string,
  data: v.GenericSchema,
  ...examples: readonly object[]
): Record<string, WireFrame> {
  const id = v.pipe(MessageId, v.description('Only after connecting with `after`: keep the last'))
  const head: v.ObjectEntries = { type: v.literal(type) }
  if (Object.hasOwn(events, type)) head['id'] = v.optional(id)
  return {
    [type]: {
      means,
      frame: v.object({ ...head, data }),
      examples: examples.map((example) => ({ type, data: example })),
    },
  }
}

/** What a backend publishes as it is, and we tell in the same shape. */
function event(type: string, means: string, example: object): Record<string, WireFrame> {
  return told(type, means, events[type]!.schema, example)
}

function bare(type: string, means: string): Record<string, WireFrame> {
  return { [type]: { means, frame: v.object({ type: v.literal(type) }), examples: [{ type }] } }
}

function command(name: string, data: v.GenericSchema = v.optional(v.unknown())) {
  return v.object({ command: v.literal(name), data })
}

const Subscription = v.object({
  topic: Topic,
  ack: v.optional(v.pipe(v.boolean(), v.description('Asks for an answer; silence otherwise'))),
})

const Wanted = v.variant('resource', [
  v.object({ resource: v.literal('account_balance'), params: resources.account_balance }),
  v.object({ resource: v.literal('accounts'), params: v.optional(resources.accounts) }),
  v.object({ resource: v.literal('transactions'), params: resources.transactions }),
  v.object({ resource: v.literal('history'), params: resources.history }),
])
const wanted = (resource: string, params: object) => ({
  command: 'Request',
  data: { resource, params },
})

/** The wire of this system (J1–J17). */
export const wire: Wire = {
  title: 'jive: family finance over topics',
  about: `Tells the members of a family what happens in its books, after it is on disk. A connection is subscribed to the \`family:{id}\` of each family of its token and to \`user:{sub}\` by itself; then \`Connected\` comes, then what was missed, then what is live. Commands of one connection are carried out and answered one after another. The token is a JWT with \`sub\`, \`families\` (ids), \`aud\` = \`jive\` and \`exp\`. To miss nothing, connect with \`?after=\` and the last \`id\` that was seen (empty at first).`,
  credentials: ['query', 'header'],
  query: v.object({
    after: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^\d{0,15}$/),
        v.description(
          'The last id that was seen: brings what was recorded since; empty: ids alone',
        ),
      ),
    ),
  }),
  params: {},
  refused: '{"code","message","details"}',
  handshake: {
    INVALID_PARAMS: '`after` is no message id',
    TOO_MANY_SUBSCRIPTIONS: 'More families in the token than a connection may have topics',
  },
  client: {
    Subscribe: {
      means: 'To hear a topic as well. Twice is once. With `ack` answered `Subscribed`.',
      frame: command('Subscribe', Subscription),
      examples: [
        { command: 'Subscribe', data: { topic } },
        { command: 'Subscribe', data: { topic: `account:${account.id}`, ack: true } },
      ],
      answers: ['Subscribed'],
    },
    Unsubscribe: {
      means: 'Not to hear a topic any more. With `ack` answered `Unsubscribed`.',
      frame: command('Unsubscribe', Subscription),
      examples: [{ command: 'Unsubscribe', data: { topic } }],
      answers: ['Unsubscribed'],
    },
    Request: {
      means:
        'To be told something, alone. `account_balance` is answered `AccountBalanceUpdate`, `accounts` `Accounts`, `transactions` `Transactions`, `history` with the recorded frames of a topic and then `History`. Lists are in the order of creation; `after` is the last id of the part before, `limit` 1 to 200, 100 when absent.',
      frame: command('Request', Wanted),
      examples: [
        wanted('account_balance', { account_id: account.id }),
        wanted('accounts', { limit: 50 }),
        wanted('transactions', { account_id: account.id, after: transaction.id }),
        wanted('history', { topic, after: '42' }),
      ],
      answers: ['AccountBalanceUpdate', 'Accounts', 'Transactions', 'History'],
    },
    Ping: {
      means: 'Answered `Pong`.',
      frame: command('Ping'),
      examples: [{ command: 'Ping' }],
      answers: ['Pong'],
    },
    Pong: {
      means: 'The answer to a `Ping` of the server; any other frame does as well.',
      frame: command('Pong'),
      examples: [{ command: 'Pong' }],
    },
  },
  server: {
    ...told(
      'Connected',
      'The first frame: what happens from now on is told. `last` is where ids begin for a client that connected with an empty `after`.',
      Greeting,
      { user_id: 'ann' },
    ),
    ...told(
      'TransactionUpdate',
      'A transaction was created, updated or deleted. `data` is its state after that, when deleted its last one: those of the books have all fields of `Transactions`, those a backend publishes the fields it gives. Goes to the family.',
      v.object({
        transaction_id: Id,
        action: v.picklist(['created', 'updated', 'deleted']),
        data: Published,
      }),
      { transaction_id: transaction.id, action: 'created', data: transaction },
    ),
    ...told(
      'AccountBalanceUpdate',
      'A balance is another one: it comes after the transaction that changed it. Goes to the family and the account, once to each connection. `available_balance` is absent when a backend gives none.',
      Balance,
      { account_id: account.id, balance: 1000, available_balance: 900 },
    ),
    ...event('RuleExecuted', 'How many transactions a rule matched; to who ran it.', {
      rule_id: 'r1',
      matched_count: 3,
    }),
    ...event(
      'PayeeSuggestion',
      'Payees of like transactions, the most used one first; to the author.',
      { description: 'Test transaction', suggestions: ['Noodles', 'Market'] },
    ),
    ...event('Notification', 'A backend has something to say.', {
      ...{ level: 'info', title: 'Maintenance', message: 'Tonight' },
    }),
    ...event(
      'Error',
      'A frame was refused, or a gap in what was missed begins (`HISTORY_GONE`); the connection stays open.',
      { code: 'FORBIDDEN', message: 'No access to "family:f2"' },
    ),
    ...bare('Ping', 'Are you there? Answer with `Pong`.'),
    ...bare('Pong', 'The answer to a `Ping`.'),
    ...told('Subscribed', 'Subscribe has worked.', v.object({ topic: Topic }), { topic }),
    ...told('Unsubscribed', 'Unsubscribe has worked.', v.object({ topic: Topic }), { topic }),
    ...told(
      'Accounts',
      'The accounts of all families of the token; `more`: there are further ones.',
      v.object({ accounts: v.array(Account), more: v.boolean() }),
      { accounts: [account], more: false },
    ),
    ...told(
      'Transactions',
      'The transactions of an account; `more`: there are further ones.',
      v.object({ account_id: Id, transactions: v.array(Transaction), more: v.boolean() }),
      { account_id: account.id, transactions: [transaction], more: false },
    ),
    ...told(
      'History',
      'The recorded frames that were asked for have come; while `complete` is false, ask again with `after` = `last`.',
      v.object({ topic: Topic, last: MessageId, complete: v.boolean() }),
      { topic, last: '42', complete: true },
    ),
  },
  refusal: {
    frame: 'Error',
    codes: {
      ...commonRefusals,
      FORBIDDEN: 'No access to this topic or account, or there is none',
      INVALID_TOPIC: 'Not a topic',
      UNKNOWN_RESOURCE: 'No such resource of `Request`',
      INVALID_PARAMS: 'A parameter is missing or malformed; the message names it',
      TOO_MANY_SUBSCRIPTIONS: 'More topics than a connection may have: Unsubscribe',
      HISTORY_GONE:
        'Part of what was missed is no longer kept, and what is kept follows: read the books again',
    },
  },
  alive:
    'The server sends the frame `Ping` every {interval}. Anything a client sends is a sign of life, a WebSocket pong too.',
  closes: {},
}
