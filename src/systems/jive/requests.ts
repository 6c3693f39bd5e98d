import * as v from 'valibot'
import type { Connection } from '../../core/connection.ts'
import { Refusal } from '../../core/errors.ts'
import { shaped } from '../../core/protocol.ts'
import { codec, frame } from './codec.ts'
import type { CommandParts } from './commands.ts'
import { accountsEvent, balanceUpdate, historyEvent, transactionsEvent } from './events.ts'
import type { Session } from './session.ts'
import { Id } from './shapes.ts'
import { asking, mayHear, parseTopic } from './topics.ts'

const Limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)), 100)
const MessageId = v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'Expected the id of a message'))

/** What a Request can ask for (J15), each with the shape of its parameters. */
export const resources = {
  account_balance: v.object({ account_id: Id }),
  accounts: v.object({ after: v.optional(Id), limit: Limit }),
  transactions: v.object({ account_id: Id, after: v.optional(Id), limit: Limit }),
  history: v.object({ topic: v.string(), after: v.optional(MessageId), limit: Limit }),
}

/** Characters of a history's frames after which the rest is left to the next Request: one client must not fill its own buffer. */
const historyCharacters = 262_144

/** Answers a Request (J15) to the asking connection alone; refuses UNKNOWN_RESOURCE, INVALID_PARAMS, FORBIDDEN. */
export async function answerRequest(
  parts: CommandParts,
  connection: Connection<Session>,
  resource: string,
  params: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { books, clock } = parts
  const who = asking(connection.session, clock.now())
  switch (resource) {
    case 'account_balance': {
      const { account_id: id } = read(resources.account_balance, params)
      return frame(balanceUpdate(await visible(id, books.account(who, id))))
    }
    case 'accounts': {
      const { after = null, limit } = read(resources.accounts, params)
      const found = books.accounts(who, { after, limit })
      return frame(accountsEvent(await (after === null ? found : visible(after, found))))
    }
    case 'transactions': {
      const { account_id: id, after = null, limit } = read(resources.transactions, params)
      const list = await visible(id, books.transactions(who, id, { after, limit }))
      return frame(transactionsEvent(id, list))
    }
    case 'history':
      return history(parts, connection, read(resources.history, params))
  }
  throw new Refusal('UNKNOWN_RESOURCE', `Unknown resource "${resource}"`)
}

function read<Schema extends v.GenericSchema>(
  schema: Schema,
  params: Readonly<Record<string, unknown>>,
): v.InferOutput<Schema> {
  return shaped(schema, params, 'INVALID_PARAMS', 'params')
}

/** On this wire what one may not see is FORBIDDEN, and so is what does not exist: the two look alike. */
async function visible<Value>(account: string, found: Promise<Value>): Promise<Value> {
  try {
    return await found
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'NOT_FOUND') throw error
    throw new Refusal('FORBIDDEN', `No access to "account:${account}"`)
  }
}

/** Sends a topic's recorded frames again, then says where they end. */
async function history(
  { channels, books }: CommandParts,
  connection: Connection<Session>,
  { topic: name, after, limit }: v.InferOutput<typeof resources.history>,
): Promise<string> {
  const topic = parseTopic(name)
  if (topic === null) throw new Refusal('INVALID_TOPIC', 'params.topic: Expected a topic')
  if (!(await mayHear(connection.session, topic, books))) {
    throw new Refusal('FORBIDDEN', `No access to "${name}"`)
  }
  const page = await channels.after([name], after ?? '0', limit)
  // Without a position the question is what there is, and that has an answer.
  if (page.gone && after !== undefined) connection.send(historyGone)
  let last = after ?? '0'
  let length = 0
  let complete = !page.more
  for (const message of page.messages) {
    if (length > historyCharacters) {
      complete = false
      break
    }
    connection.send(codec.message(message, connection.dialect))
    length += message.body.length
    last = message.id
  }
  return frame(historyEvent(name, last, complete))
}

/** What a client hears before the rest of a history whose beginning is no longer kept. */
export const historyGone = codec.refusal(
  new Refusal('HISTORY_GONE', 'Part of what was asked for is no longer kept'),
  null,
  0,
) as string
