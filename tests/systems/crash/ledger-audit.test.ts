import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditLedger } from '../../../src/storage/sqlite/crash-audit.ts'
import { ledgerPath } from '../../../src/storage/sqlite/crash-open.ts'
import { crashPoint } from '../../../src/systems/crash/draw.ts'
import { curve, exit, openBooks } from './books.ts'

const dir = mkdtempSync(join(tmpdir(), 'fanfare-audit-'))
const sound = join(dir, 'sound.db')
/** What the cases below speak of, by the ids it has in the sound ledger. */
const rows: Record<string, number> = {}

/** A ledger with a bet of every end, two rounds of a chain, a scenario and wallets; the last round is open. */
beforeAll(async () => {
  const books = await openBooks()
  const { ledger, chains, clock, command } = books
  const at = clock.now()
  const salt = 'a-salt-for-this-test'
  const terms = { rtpBps: 9_700, curve, cap: 1_000_000, saltSource: 'manual' }
  const { id: chain } = await chains.commit(terms, 20, at)
  await chains.salt(chain, salt, at)
  const { account: ann } = await ledger.open('ann', 1_000_000, at)
  const { account: bob } = await ledger.open('bob', 1_000_000, at)
  const wish = { player: 'ann', actor: 'bank', at }
  await ledger.move({ ...wish, kind: 'credit', amount: 500, txId: 'in' })
  await ledger.move({ ...wish, kind: 'debit', amount: 200, txId: 'out' })
  await ledger.rollback({ ...wish, txId: 'out' })
  await ledger.rollback({ ...wish, txId: 'never' })
  const bet = async (
    account: number,
    round: number | null,
    slot: number,
    target: number | null,
  ) => {
    const stakes = [{ slot, amount: 1_000 + slot, target }]
    return (await ledger.place(command(account), round, stakes)).bets[0]!.id
  }
  const scenario = await books.round()
  rows['cashed'] = await bet(ann, scenario, 1, null)
  rows['target'] = await bet(ann, scenario, 2, 200)
  rows['lost'] = await bet(bob, scenario, 1, 301)
  rows['cancelled'] = await bet(bob, scenario, 2, null)
  await ledger.cancel(command(bob), [rows['cancelled']])
  await ledger.cashOut(command(ann), [exit(rows['cashed'], 3_000)])
  await ledger.end(books.ending(scenario, 300))
  for (const name of ['first', 'second', 'third']) {
    const begun = await ledger.begin({ source: 'chain', chain }, curve, at)
    rows[name] = begun.round
    const crash = crashPoint(Buffer.from(begun.hash!, 'hex'), salt, terms.rtpBps, terms.cap)
    if (name !== 'second') await ledger.end(books.ending(begun.round, crash))
    else {
      rows['refunded'] = await bet(bob, begun.round, 1, null)
      await ledger.void(begun.round, at)
    }
  }
  rows['open'] = await books.round()
  rows['active'] = await bet(ann, rows['open'], 1, null)
  rows['pending'] = await bet(bob, null, 1, null)
  Object.assign(rows, { scenario, chain, ann, bob })
  await books.sqlite.store.stop()
  copyFileSync(ledgerPath(books.dir), sound)
  rmSync(books.dir, { recursive: true })
})
afterAll(() => rmSync(dir, { recursive: true }))

/** Puts the ids of `rows` for their names, e.g. `bet :lost`. */
function named(text: string): string {
  return text.replaceAll(/:(\w+)/g, (whole, name: string) => String(rows[name] ?? whole))
}

/** A copy in which whoever can write to the file has done as they like. */
function tampered(sql: string): Database {
  const path = join(dir, `${crypto.randomUUID()}.db`)
  copyFileSync(sound, path)
  const db = new Database(path, { readwrite: true, strict: true })
  for (const { name } of db
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    .all()) {
    db.run(`DROP TRIGGER ${name}`)
  }
  for (const index of ['round_hash', 'bet_seat']) db.run(`DROP INDEX ${index}`)
  db.run('PRAGMA ignore_check_constraints = ON')
  db.run('PRAGMA foreign_keys = OFF')
  db.run(named(sql))
  db.close(true)
  return new Database(path, { readonly: true, strict: true })
}

test('a sound ledger has no faults, and the audit says how much it looked at', () => {
  const db = new Database(sound, { readonly: true, strict: true })
  const { faults, rounds, bets, transfers } = auditLedger(db)
  db.close()
  expect(faults).toEqual([])
  expect({ rounds, bets }).toEqual({ rounds: 5, bets: 7 })
  expect(transfers).toBeGreaterThan(15)
})

const transferOf = (kind: string, bet: string) =>
  `(SELECT id FROM transfer WHERE kind = '${kind}' AND bet = ${bet})`

/** What was done to a ledger, and the row that must be named for it with a part of the fault. */
const cases: readonly (readonly [name: string, sql: string, row: string, part: string])[] = [
  [
    'a balance that was raised',
    "UPDATE account SET balance = balance + 1 WHERE player = 'ann'",
    'account :ann',
    'by its transfers',
  ],
  [
    'a balance below zero',
    "UPDATE account SET balance = -1 WHERE player = 'bob'",
    'account :bob',
    'no balance below 0',
  ],
  [
    'money that came from nowhere',
    "UPDATE account SET balance = balance + 5 WHERE kind = 'house'",
    'account',
    'come to 0, found 5',
  ],
  [
    'an account that is gone',
    "DELETE FROM account WHERE player = 'bob'",
    'account :bob',
    'only its transfers',
  ],
  [
    'escrow that holds more than is at stake',
    `INSERT INTO transfer SELECT (SELECT max(id) + 1 FROM transfer), debit, credit, 7, 'stake', NULL,
       round, NULL, at, NULL, NULL, NULL, NULL FROM transfer WHERE bet = :lost AND kind = 'stake';
     UPDATE account SET balance = balance + 7 WHERE id = 1`,
    'account 1',
    'at stake by open bets',
  ],
  [
    'an entry that was skipped',
    "UPDATE account SET entries = entries - 1 WHERE player = 'ann'",
    'account :ann',
    'Expected entries',
  ],
  [
    'a pointer that leads elsewhere',
    `UPDATE transfer SET jump = 1 WHERE id = ${transferOf('return', ':cashed')}`,
    `transfer ${transferOf('return', ':cashed')}`,
    'Expected jump',
  ],
  [
    'a transfer of another amount',
    `UPDATE transfer SET amount = amount - 1 WHERE id = ${transferOf('loss', ':lost')}`,
    `transfer ${transferOf('loss', ':lost')}`,
    'Expected amount 1001, found 1000',
  ],
  [
    'a transfer to somebody else',
    `UPDATE transfer SET credit = :bob WHERE id = ${transferOf('profit', ':target')}`,
    `transfer ${transferOf('profit', ':target')}`,
    'Expected credit :ann, found :bob',
  ],
  [
    'a remembered balance that is not the sum',
    `UPDATE transfer SET balance = balance + 1 WHERE id = ${transferOf('stake', ':cashed')}`,
    `transfer ${transferOf('stake', ':cashed')}`,
    'after it, found',
  ],
  [
    'a transfer of no bet there is',
    `UPDATE transfer SET bet = 999 WHERE id = ${transferOf('loss', ':lost')}`,
    'transfer (SELECT id FROM transfer WHERE bet = 999)',
    'Expected a bet 999',
  ],
  [
    'a transfer that is gone',
    `DELETE FROM transfer WHERE id = ${transferOf('loss', ':lost')}`,
    'bet :lost',
    'stake + loss, found stake',
  ],
  [
    'a win that was paid twice',
    `INSERT INTO transfer SELECT (SELECT max(id) + 1 FROM transfer), debit, credit, amount, kind, ref,
       round, bet, at, entry, balance, previous, jump FROM transfer WHERE id = ${transferOf('profit', ':cashed')}`,
    'transfer (SELECT max(id) FROM transfer)',
    'found another',
  ],
  [
    'a bet of another amount',
    'UPDATE bet SET amount = 900 WHERE id = :lost',
    `transfer ${transferOf('stake', ':lost')}`,
    'Expected amount 900, found 1001',
  ],
  [
    'a loss that is called cancelled',
    "UPDATE bet SET status = 'cancelled', seat = NULL WHERE id = :lost",
    'bet :lost',
    'stake + cancel, found stake + loss',
  ],
  [
    'an open bet that is called lost',
    "UPDATE bet SET status = 'lost', ended_at = 1 WHERE id = :active",
    'bet :active',
    'stake + loss, found stake',
  ],
  [
    'a bet that stayed open in a round that is over',
    "UPDATE bet SET status = 'active', ended_at = NULL WHERE id = :lost",
    'bet :lost',
    'Expected an end with its round :scenario',
  ],
  [
    'a loss whose target was reached',
    'UPDATE bet SET target = 300 WHERE id = :lost',
    'bet :lost',
    'Expected a win at its target 300',
  ],
  [
    'a win at more than its target',
    'UPDATE bet SET multiplier = 210 WHERE id = :target',
    'bet :target',
    'Expected multiplier 200, found 210',
  ],
  [
    'a win at what the clock did not say',
    'UPDATE bet SET flown = 2000 WHERE id = :cashed',
    'bet :cashed',
    'Expected multiplier 134, found 156',
  ],
  [
    'a win above the crash',
    'UPDATE bet SET flown = 9000, multiplier = 385 WHERE id = :cashed',
    'bet :cashed',
    'no more than the crash at 300',
  ],
  [
    'an exit after the crash',
    'UPDATE bet SET flown = 9000 WHERE id = :cashed',
    'bet :cashed',
    'Expected an exit before',
  ],
  [
    'a payout that is not bet times multiplier',
    'UPDATE bet SET payout = payout + 1 WHERE id = :cashed',
    'bet :cashed',
    'Expected payout 1561, found 1562',
  ],
  [
    'a bet in a round there is not',
    'UPDATE bet SET round = 5 WHERE id = :lost',
    'bet :lost',
    'Expected a round 5',
  ],
  [
    'a refund in a round that ended',
    'UPDATE bet SET round = :first WHERE id = :refunded',
    'bet :refunded',
    'Expected a void round :first',
  ],
  [
    'a second bet in one slot',
    'UPDATE bet SET slot = 1 WHERE id = :target',
    'bet :target',
    'Expected one bet in slot 1',
  ],
  [
    'totals of a round that are not those of its bets',
    'UPDATE round SET paid = paid - 1 WHERE id = :scenario',
    'round :scenario',
    'Expected paid',
  ],
  [
    'a flight of another length',
    'UPDATE round SET flown = flown - 1 WHERE id = :first',
    'round :first',
    'Expected flown',
  ],
  [
    'a crash point that is not the promised one',
    'UPDATE round SET crash = crash + 1 WHERE id = :first',
    'round :first',
    'Expected crash',
  ],
  [
    'another hash',
    'UPDATE round SET hash = (SELECT hash FROM round WHERE id = :first) WHERE id = :second',
    'round :second',
    'Expected hash',
  ],
  [
    'another curve than promised',
    "UPDATE round SET curve = 'exp:0.00006' WHERE id = :third",
    'round :third',
    'Expected curve exp:0.00015',
  ],
  [
    'a curve that is none',
    "UPDATE round SET curve = 'flat' WHERE id = :scenario",
    'round :scenario',
    'Expected a curve, found "flat"',
  ],
  [
    'a hash that was used twice',
    'UPDATE round SET position = 2 WHERE id = :third',
    'round :third',
    'Expected a hash of its own',
  ],
  [
    'a hash whose round is gone',
    'DELETE FROM round WHERE id = :third',
    'chain :chain',
    'Expected a round for its hash 3',
  ],
  [
    'a round beyond what its chain has used',
    'UPDATE chain SET position = 2',
    'round :third',
    'Expected a place among the hashes',
  ],
  [
    'another commitment',
    "UPDATE chain SET h0 = replace(h0, 'a', 'b') || 'c'",
    'chain :chain',
    'lead to its commitment',
  ],
  [
    'another salt',
    "UPDATE chain SET salt = 'a-salt-that-suits-me'",
    'round :third',
    'Expected crash',
  ],
  [
    'another return to the player',
    'UPDATE chain SET rtp_bps = 1',
    'round :third',
    'Expected crash',
  ],
  [
    'spoilt checkpoints, though the rounds still lead to the commitment',
    'UPDATE chain SET checkpoints = zeroblob(length(checkpoints))',
    'chain :chain',
    'Expected checkpoints',
  ],
  [
    'a wallet movement of another amount',
    "UPDATE tx SET amount = 501 WHERE tx_id = 'in'",
    "tx (SELECT id FROM tx WHERE tx_id = 'in')",
    'credit :ann 501',
  ],
  [
    'a wallet movement without its transfer',
    "DELETE FROM transfer WHERE ref = 'in'",
    "tx (SELECT id FROM tx WHERE tx_id = 'in')",
    'found nothing',
  ],
  [
    'a wallet transfer that nobody asked for',
    "DELETE FROM tx WHERE tx_id = 'in'",
    "transfer (SELECT id FROM transfer WHERE ref = 'in')",
    'Expected of "in" nothing',
  ],
  [
    'a rollback that is denied',
    "UPDATE tx SET rolled_balance = NULL WHERE tx_id = 'out'",
    "tx (SELECT id FROM tx WHERE tx_id = 'out')",
    'debit_rollback',
  ],
  [
    'a wallet movement at another time',
    "UPDATE tx SET at = at + 1 WHERE tx_id = 'in'",
    "tx (SELECT id FROM tx WHERE tx_id = 'in')",
    'Expected of "in" credit',
  ],
  [
    'an action of a backend that left no trail',
    'DELETE FROM audit_log WHERE id = 1',
    "tx (SELECT id FROM tx WHERE tx_id = 'in')",
    'found nothing',
  ],
  [
    'a trail that tells of somebody else',
    "UPDATE audit_log SET subject = 'eve' WHERE id = 1",
    'audit_log 1',
    'Expected in the audit log wallet credit ann 500',
  ],
  [
    'a trail that nobody can read',
    "UPDATE audit_log SET details = 'spoilt' WHERE id = 1",
    'audit_log 1',
    'Expected in the audit log nothing',
  ],
  [
    'a trail of what nobody did',
    `INSERT INTO audit_log (at, actor, action, subject, details)
       SELECT at, actor, action, subject, '{"txId":"more","amount":1}' FROM audit_log WHERE id = 1`,
    'audit_log (SELECT max(id) FROM audit_log)',
    'Expected in the audit log nothing',
  ],
  [
    'the purse of a player under the name of another',
    "UPDATE account SET player = 'eve' WHERE player = 'ann'",
    'audit_log 1',
    'wallet credit eve 500',
  ],
  [
    'a second grant',
    "UPDATE transfer SET kind = 'grant', ref = NULL WHERE ref = 'in'",
    'transfer (SELECT id FROM transfer WHERE amount = 500)',
    'one grant for each player',
  ],
  [
    'our own account that is gone',
    'DELETE FROM account WHERE id = 1',
    'account 1',
    'only its transfers',
  ],
  [
    'a second escrow',
    "INSERT INTO account (kind, opened_at) VALUES ('escrow', 0)",
    'account (SELECT max(id) FROM account)',
    'CHECK constraint failed',
  ],
  [
    'a row that is gone without a trace of it',
    'DELETE FROM audit_log WHERE id = 3',
    'audit_log 3',
    'Expected a row after 2, found the next one at 4',
  ],
  [
    'a round that is gone',
    'DELETE FROM round WHERE id = :first',
    'round :first',
    'Expected a row after :scenario',
  ],
  [
    'rounds that leapt where no chain was left',
    'UPDATE round SET id = id + 5000 WHERE id = :open',
    'round :open',
    'found the next one at',
  ],
  [
    'a transfer of another round',
    `UPDATE transfer SET round = :open WHERE id = ${transferOf('loss', ':lost')}`,
    `transfer ${transferOf('loss', ':lost')}`,
    'Expected round :scenario, found :open',
  ],
  [
    'a round beside a transfer that no bet caused',
    "UPDATE transfer SET round = :open WHERE ref = 'in'",
    "transfer (SELECT id FROM transfer WHERE ref = 'in')",
    'Expected no round without a bet',
  ],
  [
    'a transfer at another time',
    `UPDATE transfer SET at = at + 1 WHERE id = ${transferOf('return', ':cashed')}`,
    `transfer ${transferOf('return', ':cashed')}`,
    'Expected at',
  ],
  [
    'a bet that ended before its round',
    `UPDATE bet SET ended_at = 1 WHERE id = :lost;
     UPDATE transfer SET at = 1 WHERE id = ${transferOf('loss', ':lost')}`,
    'bet :lost',
    'with its round :scenario, found 1',
  ],
  [
    'a refund at another time than that of the round',
    'UPDATE bet SET ended_at = 1 WHERE id = :refunded',
    'bet :refunded',
    'Expected a void round :second at its end',
  ],
  [
    'a bet with an end that there is not',
    "UPDATE bet SET status = 'gone' WHERE id = :lost",
    'bet :lost',
    'CHECK constraint failed',
  ],
  [
    'a bet in a slot that there is not',
    'UPDATE bet SET slot = 4 WHERE id = :cancelled',
    'bet :cancelled',
    'CHECK constraint failed',
  ],
  [
    'a bet far beyond all others',
    'UPDATE bet SET id = 9007199254740991 WHERE id = :pending',
    'bet 9007199254740991',
    'Expected the transfers stake, found none',
  ],
  [
    'an answer that tells of another bet',
    'UPDATE command SET answer = replace(answer, \'"slot":2\', \'"slot":3\') WHERE id = 2',
    'command 2',
    'Of bet :target: Expected slot 3, found 2',
  ],
  [
    'an answer to somebody else',
    'UPDATE command SET account = :bob WHERE id = 1',
    'command 1',
    'Of bet :cashed: Expected account :bob, found :ann',
  ],
  [
    'an answer that nobody can read',
    "UPDATE command SET answer = 'spoilt' WHERE id = 1",
    'command 1',
    'Expected an answer that can be read',
  ],
  [
    'an answer at another time',
    'UPDATE command SET at = at + 1 WHERE id = 1',
    'command 1',
    'Expected an answer that can be read',
  ],
  [
    'a second answer by which one bet was placed',
    `INSERT INTO command (account, key, body, answer, at)
       SELECT account, 'again', body, answer, at FROM command WHERE id = 1`,
    'command (SELECT max(id) FROM command)',
    'by which bet :cashed was placed',
  ],
  [
    'an answer of a bet that there is not',
    'UPDATE command SET answer = replace(answer, \'"id":1\', \'"id":99\') WHERE id = 1',
    'command 1',
    'Expected a bet 99, found none',
  ],
  [
    'another secret',
    'UPDATE chain SET secret = zeroblob(32)',
    'chain :chain',
    'Expected a secret and a length that lead to its commitment',
  ],
  [
    'another length of a chain',
    'UPDATE chain SET length = 19',
    'chain :chain',
    'Expected a secret and a length that lead to its commitment',
  ],
  [
    'a chain that is shorter than what was used of it',
    'UPDATE chain SET length = 2',
    'chain :chain',
    'CHECK constraint failed',
  ],
  ['an index that is gone', 'DROP INDEX bet_waiting', "index 'bet_waiting'", 'found none'],
  [
    'an index of something else',
    'DROP INDEX bet_waiting; CREATE INDEX bet_waiting ON bet (account)',
    "index 'bet_waiting'",
    'found another',
  ],
  [
    'a trigger of somebody else',
    'CREATE TRIGGER mine AFTER INSERT ON bet BEGIN UPDATE account SET balance = 0; END',
    "trigger 'mine'",
    'Expected no such thing',
  ],
  ['a table that is gone', 'DROP TABLE command', "table 'command'", 'found none'],
]

test('the audit names each trigger that was lifted', () => {
  using db = tampered('SELECT 1')
  const triggers = auditLedger(db).faults.filter(({ row }) => row.startsWith('trigger '))
  expect(triggers).toContainEqual({
    row: 'trigger transfer_unchanged',
    fault: 'Expected it as it was made, found none',
  })
  expect(triggers.length).toBeGreaterThan(8)
})

describe('the audit names the row of', () => {
  test.each(cases)('%s', (_, sql, row, part) => {
    using db = tampered(sql)
    const [table, ...id] = named(row).split(' ')
    const found = id.length > 0 ? db.query(`SELECT ${id.join(' ')}`).values()[0]! : []
    const expected = [table, ...found].join(' ')
    const { faults } = auditLedger(db)
    const ours = faults.filter((fault) => fault.row === expected).map(({ fault }) => fault)
    expect({ faults, ours: ours.join('; ') }).toMatchObject({
      ours: expect.stringContaining(named(part)),
    })
  })
})

describe('what is written is not changed', () => {
  test.each([
    ['UPDATE transfer SET amount = 1', 'A transfer is never changed'],
    ['DELETE FROM transfer WHERE id = 1', 'A transfer is never deleted'],
    ['UPDATE bet SET payout = payout + 1 WHERE id = :cashed', 'A bet ends once'],
    ["UPDATE bet SET status = 'lost' WHERE id = :cancelled", 'A bet ends once'],
    ['DELETE FROM bet', 'A bet is never deleted'],
    ['UPDATE round SET crash = 1000 WHERE id = :first', 'A round that is over is never changed'],
    ['DELETE FROM round WHERE id = :open', 'A round is never deleted'],
    ["UPDATE chain SET salt = 'another'", 'A chain gets its salt once'],
    ['UPDATE chain SET rtp_bps = 1', 'What a chain was promised with is never changed'],
    ['UPDATE chain SET position = position - 1', 'Hashes are used one after another'],
    ['UPDATE chain SET position = position + 2', 'Hashes are used one after another'],
    ['DELETE FROM chain', 'A chain is never deleted'],
    ["UPDATE account SET balance = -1 WHERE player = 'ann'", 'account_balance'],
    ['UPDATE account SET balance = -1 WHERE id = 1', 'account_balance'],
    ['UPDATE bet SET seat = 1 WHERE id = :pending', 'CHECK constraint failed'],
    ['UPDATE account SET id = 5 WHERE id = 1', 'CHECK constraint failed'],
  ])('%s', (sql, message) => {
    const path = join(dir, `${crypto.randomUUID()}.db`)
    copyFileSync(sound, path)
    using db = new Database(path, { readwrite: true, strict: true })
    expect(() => db.run(named(sql))).toThrow(message)
  })
})
