import type {
  Account,
  Asking,
  Books,
  List,
  Rule,
  Span,
  Transaction,
} from '../../systems/jive/books.ts'
import { ruleExecuted } from '../../systems/jive/events.ts'
import { Refusal } from '../../core/errors.ts'
import {
  createTransaction,
  deleteTransaction,
  tell,
  updateTransaction,
} from './jive-transactions.ts'
import { folded, ownAccount, ownRule, ownTransaction, transactions } from './jive-rows.ts'
import type { Context, Procedures, Thread } from './procedure.ts'

/** The families' books over the storage thread. */
export function jiveBooks(thread: Thread): Books {
  const families = new Map<string, string>()
  const write = <Result>(name: string, args: object) => thread.write<Result>(`jive.${name}`, args)
  const read = <Result>(name: string, args: object) => thread.read<Result>(`jive.${name}`, args)
  return {
    familyOf(account) {
      const known = families.get(account)
      if (known !== undefined) return known
      return read<string | null>('familyOf', { account }).then((family) => {
        if (families.size >= familiesKnown) families.clear()
        if (family !== null) families.set(account, family)
        return family
      })
    },
    createAccount: (asking, account) => write('createAccount', { asking, account }),
    account: (asking, id) => read('account', { asking, id }),
    accounts: (asking, span) => read('accounts', { asking, span }),
    createTransaction: (asking, wanted) => write('createTransaction', { asking, wanted }),
    transaction: (asking, id) => read('transaction', { asking, id }),
    updateTransaction: (asking, id, change) => write('updateTransaction', { asking, id, change }),
    deleteTransaction: (asking, id) => write('deleteTransaction', { asking, id }),
    transactions: (asking, account, span) => read('transactions', { asking, account, span }),
    createRule: (asking, rule) => write('createRule', { asking, rule }),
    executeRule: (asking, id) => write('executeRule', { asking, id }),
  }
}

/** Most accounts whose family is remembered; it never changes. */
const familiesKnown = 50_000
/** Most accounts, and most rules, of one family. */
const perFamily = 1_000

/** What the thread does for jive. Each is one piece of work with its messages, all or nothing. */
export const jiveProcedures: Procedures = {
  'jive.familyOf': familyOf,
  'jive.createAccount': createAccount,
  'jive.account': account,
  'jive.accounts': accounts,
  'jive.createTransaction': createTransaction,
  'jive.transaction': transaction,
  'jive.updateTransaction': updateTransaction,
  'jive.deleteTransaction': deleteTransaction,
  'jive.transactions': listTransactions,
  'jive.createRule': createRule,
  'jive.executeRule': executeRule,
}

function familyOf({ db }: Context, { account: id }: { account: string }): string | null {
  const found = db
    .query<{ family: string }, [string]>('SELECT family FROM jive_account WHERE id = ?')
    .get(id)
  return found?.family ?? null
}

function createAccount(
  context: Context,
  { asking, account: wanted }: { asking: Asking; account: Account },
): Account {
  mustFit(context, 'jive_account', wanted.family)
  const { id, family, name, currency, balance } = wanted
  context.db
    .query(
      `INSERT INTO jive_account (id, family, name, currency, balance, created_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(id, family, name, currency, balance, asking.user, asking.at)
  return wanted
}

function account({ db }: Context, { asking, id }: { asking: Asking; id: string }): Account {
  const { row: _, ...found } = ownAccount(db, asking, id)
  return found
}

function accounts(
  { db }: Context,
  { asking, span: { after, limit } }: { asking: Asking; span: Span },
): List<Account> {
  const from = after === null ? 0 : ownAccount(db, asking, after).row
  const found = db
    .query<Account, [string, number, number]>(
      `SELECT id, family, name, currency, balance FROM jive_account
         WHERE family IN (SELECT value FROM json_each(?)) AND row > ? ORDER BY row LIMIT ?`,
    )
    .all(JSON.stringify(asking.families), from, limit + 1)
  return { items: found.slice(0, limit), more: found.length > limit }
}

function transaction({ db }: Context, { asking, id }: { asking: Asking; id: string }): Transaction {
  return ownTransaction(db, asking, id).transaction
}

function listTransactions(
  { db }: Context,
  { asking, account: id, span }: { asking: Asking; account: string; span: Span },
): List<Transaction> {
  const { row } = ownAccount(db, asking, id)
  return transactions(db, row, span)
}

function createRule(context: Context, { asking, rule }: { asking: Asking; rule: Rule }): Rule {
  mustFit(context, 'jive_rule', rule.family)
  context.db
    .query(
      `INSERT INTO jive_rule (id, family, contains, category, created_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(rule.id, rule.family, rule.contains, rule.category, asking.user, asking.at)
  return rule
}

/** Sets the category of what matches and tells the asking one alone how many that are (J10). */
function executeRule(context: Context, { asking, id }: { asking: Asking; id: string }): number {
  const { db } = context
  const rule = ownRule(db, asking, id)
  const matching = `deleted_at IS NULL AND instr(folded, ?) > 0
    AND account IN (SELECT row FROM jive_account WHERE family = ?)`
  const contains = folded(rule.contains)
  const { matched } = db
    .query<{ matched: number }, [string, string]>(
      `SELECT count(*) AS matched FROM jive_transaction WHERE ${matching}`,
    )
    .get(contains, rule.family)!
  db.query(
    `UPDATE jive_transaction SET category = ?, updated_at = ?
       WHERE ${matching} AND category IS NOT ?`,
  ).run(rule.category, asking.at, contains, rule.family, rule.category)
  tell(context, asking.at, [`user:${asking.user}`], ruleExecuted(id, matched))
  return matched
}

function mustFit({ db }: Context, table: 'jive_account' | 'jive_rule', family: string): void {
  const { count } = db
    .query<{ count: number }, [string]>(`SELECT count(*) AS count FROM ${table} WHERE family = ?`)
    .get(family)!
  if (count < perFamily) return
  throw new Refusal('CONFLICT', `A family has at most ${perFamily} of these`, { limit: perFamily })
}
