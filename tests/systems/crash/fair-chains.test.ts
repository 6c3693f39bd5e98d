import { expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { hashAt } from '../../../src/storage/sqlite/crash-chains.ts'
import { openLedgerBeside } from '../../../src/storage/sqlite/crash-open.ts'
import { house, terms } from './house.ts'

const salt = '0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c'
const before = (hash: string) => createHash('sha256').update(Buffer.from(hash, 'hex')).digest('hex')

/** The code something is refused with. */
async function code(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'done',
    (error: { code?: unknown }) => error.code ?? error,
  )
}

test('a commitment tells its terms and no secret, and its salt comes later, once', async () => {
  await using books = await house()
  const { chains, clock } = books
  const committed = await chains.commit(terms, 50, clock.now())
  expect(committed).toEqual({
    ...terms,
    id: 1,
    h0: expect.stringMatching(/^[0-9a-f]{64}$/),
    length: 50,
    committedAt: clock.now(),
    salt: null,
    saltAt: null,
    position: 0,
    leftAt: null,
  })
  expect(await chains.list()).toEqual([committed])
  clock.advance(60_000)
  const salted = await chains.salt(1, salt, clock.now())
  expect(salted).toEqual({ ...committed, salt, saltAt: clock.now() })
  expect(await code(chains.salt(1, `${salt}0`, clock.now()))).toBe('CONFLICT')
  expect(await chains.list()).toEqual([salted])
})

test('a salt never comes before its commitment: without one there is nothing to salt, and no clock turns the order around', async () => {
  await using books = await house()
  const { chains, clock } = books
  expect(await code(chains.salt(1, salt, clock.now()))).toBe('NOT_FOUND')
  const { committedAt } = await chains.commit(terms, 50, clock.now())
  clock.jump(-3_600_000)
  expect((await chains.salt(1, salt, clock.now())).saltAt).toBe(committedAt)
})

test('no round is played before the salt is there', async () => {
  await using books = await house()
  await books.chains.commit(terms, 50, books.clock.now())
  expect(await code(books.play(1))).toBe('CONFLICT')
  await books.chains.salt(1, salt, books.clock.now())
  expect(await books.play(1)).toHaveLength(1)
})

test.each(['', 'seven77', 'with space', 'tab\tbed-salt', 'ümlaut-salt', 'x'.repeat(257)])(
  '"%s" is no salt',
  async (value) => {
    await using books = await house()
    await books.chains.commit(terms, 50, books.clock.now())
    expect(await code(books.chains.salt(1, value, books.clock.now()))).toBe('INVALID_REQUEST')
  },
)

const unplayable = [
  { ...terms, rtpBps: 0 },
  { ...terms, rtpBps: 10_001 },
  { ...terms, rtpBps: 9_700.5 },
  { ...terms, curve: 'exp:0.1' },
  { ...terms, cap: 100 },
  { ...terms, cap: 10_000_000_000 },
  { ...terms, saltSource: 'astrology' },
  { ...terms, saltSource: 'drand:x:1' },
]
test.each(unplayable)('nobody can play by %j, so that it is not committed', async (wrong) => {
  await using books = await house()
  expect(await code(books.chains.commit(wrong, 50, 0))).toBe('INVALID_REQUEST')
  expect(await books.chains.list()).toEqual([])
})

test('every hash of a chain is used once, in order, down from the commitment, also over a restart and a void', async () => {
  const first = await house()
  const { h0 } = await first.chains.commit(terms, 5, first.clock.now())
  await first.chains.salt(1, salt, first.clock.now())
  const hashes = await first.play(1, 2)
  // A round that is voided burns its hash as well.
  const begun = await first.ledger.begin({ source: 'chain', chain: 1 }, terms.curve, 0)
  hashes.push(begun.hash ?? '')
  await using books = await first.reopened()
  await books.ledger.recover(books.clock.now())
  hashes.push(...(await books.play(1, 2)))
  expect(new Set(hashes).size).toBe(5)
  for (const [index, hash] of hashes.entries()) expect(before(hash)).toBe(hashes[index - 1] ?? h0)
  expect(await code(books.play(1))).toBe('CONFLICT')
  expect((await books.chains.list())[0]?.position).toBe(5)
})

test('nothing on disk lets a hash be used again or a promise be changed', async () => {
  await using books = await house()
  await books.chains.commit(terms, 5, books.clock.now())
  await books.chains.salt(1, salt, books.clock.now())
  await books.play(1, 2)
  using db = openLedgerBeside(books.dir)
  const wrong = [
    'UPDATE chain SET position = 1',
    'UPDATE chain SET position = 5',
    "UPDATE chain SET salt = 'another-salt'",
    'UPDATE chain SET salt = NULL, salt_at = NULL',
    "UPDATE chain SET h0 = 'x'",
    'UPDATE chain SET rtp_bps = 5000',
    'UPDATE chain SET length = 4',
    'DELETE FROM chain',
    `INSERT INTO chain (secret, checkpoints, h0, length, rtp_bps, curve, cap, salt_source, committed_at, salt, salt_at)
       SELECT secret, checkpoints, 'y', length, rtp_bps, curve, cap, salt_source, committed_at, salt, salt_at FROM chain`,
    "UPDATE round SET crash = 200 WHERE status = 'ended'",
    `INSERT INTO round (id, source, chain, position, hash, curve, status, started_at)
       SELECT id + 1, source, chain, position, hash, curve, 'open', started_at FROM round`,
  ]
  for (const sql of wrong) expect(() => db.run(sql)).toThrow()
})

test('a hash is found from the middle of a chain as from its ends, and none beyond them', async () => {
  await using books = await house()
  const { h0 } = await books.chains.commit(terms, 2_500, books.clock.now())
  using db = new Database(`${books.dir}/crash.db`, { readonly: true, strict: true })
  let last = h0
  for (let index = 1; index <= 2_500; index++) {
    const hash = Buffer.from(hashAt(db, 1, index)).toString('hex')
    if (before(hash) !== last) throw new Error(`hash ${index} does not lead back`)
    last = hash
  }
  // Backwards through the blocks, too.
  for (const index of [2_001, 2_000, 1_001, 1_000, 1]) expect(hashAt(db, 1, index)).toHaveLength(32)
  for (const index of [0, -1, 2_501, 1.5, NaN]) expect(() => hashAt(db, 1, index)).toThrow()
})

test('two chains never share a secret', async () => {
  await using books = await house()
  const made = await Promise.all([1, 2, 3].map((at) => books.chains.commit(terms, 10, at)))
  expect(new Set(made.map(({ h0 }) => h0)).size).toBe(3)
})

test('bets are written while a long chain is made, so that nobody waits for its hashes', async () => {
  await using books = await house()
  let made = false
  const making = books.chains.commit(terms, 200_000, 0).then(() => (made = true))
  const account = await books.ledger.open('ann', 100, 0)
  expect([account.balance, made]).toEqual([100, false])
  await making
})
