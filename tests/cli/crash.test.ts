import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ledgerPath } from '../../src/storage/sqlite/crash-open.ts'
import { ledgerSchema } from '../../src/storage/sqlite/migrate.ts'
import { openFile, openWriter } from '../../src/storage/sqlite/open.ts'
import { crashPoint, parseHash } from '../../src/systems/crash/draw.ts'
import { casino, type Casino } from '../systems/crash/casino.ts'
import { house, terms } from '../systems/crash/house.ts'
import { emptyFolder, fanfare } from './run.ts'

const hash = '0994344caec91863cb5e88a39fc08b47303791beb3e5a9e119dd9227028e8569'
const salt = '0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c'

describe('usage', () => {
  const wrong: [string, string[], RegExp][] = [
    ['a chain without a hash', ['chain', 'new', '--length', '0'], /got "0"/],
    ['a chain that is too long', ['chain', 'new', '--length', '10000001'], /got "10000001"/],
    ['no salt', ['chain', 'salt'], /missing required argument 'value'/],
    ['neither round nor hash', ['verify', 'x'], /got "x"/],
    ['a hash without its salt', ['verify', hash], /--salt/],
    ['a return above everything', ['verify', hash, '--salt', salt, '--rtp', '1.1'], /got "1.1"/],
    ['a server without an address', ['verify', '1', '--url', 'x'], /got "x"/],
    ['a target at 1.00', ['simulate', '--target', '1.00'], /got "1.00"/],
    ['no rounds', ['simulate', '--rounds', '0'], /got "0"/],
    ['a list of nothing', ['rounds', '--limit', '0'], /got "0"/],
    ['a typo of a verb', ['crash', 'verfy'].slice(1), /Did you mean verify\?/],
  ]
  test.concurrent.each(wrong)('%s: exit 2', async (_, words, message) => {
    const { out, err, exitCode } = await fanfare(['crash', ...words])
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 })
    expect(err).toMatch(message)
  })

  const verbs = [
    '',
    'chain',
    'chain new',
    'chain salt',
    'chain leave',
    'chain head',
    'verify',
    'audit',
    'simulate',
    'rounds',
  ]
  test.concurrent.each(verbs)('"fanfare crash %s --help" has an example', async (verb) => {
    const { out, exitCode } = await fanfare(['crash', ...verb.split(' ').filter(Boolean), '--help'])
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^Examples?:\n {2}fanfare crash /m)
  })

  test('help names defaults as they are typed', async () => {
    const { out } = await fanfare(['crash', 'simulate', '--help'])
    expect(out).toContain('(default: 2.00)')
    expect(out).toContain('(default: 1000000)')
  })

  test('looking at a folder without a ledger makes none, so that a mistyped path stays visible', async () => {
    const folder = emptyFolder()
    for (const words of [
      ['chain', 'head'],
      ['chain', 'salt', salt],
      ['rounds'],
      ['audit'],
      ['verify', '1'],
    ]) {
      const { out, err, exitCode } = await fanfare(['crash', ...words], { folder })
      expect({ out, exitCode }).toEqual({ out: '', exitCode: 1 })
      expect(err).toMatch(/^There is no ledger of crash in the data folder "[^"]+"$/)
    }
    const { out } = await fanfare(['crash', 'chain', 'head'], { folder })
    expect([out, [...new Bun.Glob('**').scanSync({ cwd: folder })]]).toEqual(['', []])
  })
})

test('books of an older version are no wrong books: a line says what brings them to this one', async () => {
  const folder = emptyFolder()
  const steps = ledgerSchema.steps.slice(0, 1)
  openFile(ledgerPath(folder), { ...ledgerSchema, steps }, false).close(true)
  for (const verb of [['audit'], ['rounds'], ['chain', 'head'], ['chain', 'leave']]) {
    expect(await fanfare(['crash', ...verb], { env: { FANFARE_DATA_DIR: folder } })).toEqual({
      exitCode: 1,
      out: '',
      err: `The database "${folder}/crash.db" is of version 1, this program needs version ${ledgerSchema.steps.length}; start the server with it first`,
    })
  }
})

describe('chains', () => {
  test('a commitment goes to stdout, its salt is given once, and both leave a row in the audit log', async () => {
    const env = { FANFARE_DATA_DIR: emptyFolder() }
    const made = await fanfare(['crash', 'chain', 'new', '--length', '1500'], { env })
    expect(made).toMatchObject({ exitCode: 0, err: expect.stringContaining('chain salt VALUE') })
    expect(made.out).toMatch(/^[0-9a-f]{64}$/)
    const given = await fanfare(['crash', 'chain', 'salt', salt, '--json'], { env })
    const [chain] = JSON.parse(given.out).chains
    expect(chain).toMatchObject({
      chain: 1,
      commitment: made.out,
      length: 1_500,
      salt,
      position: 0,
    })
    expect(chain).toMatchObject({ rtpBps: 9_700, curve: 'exp:0.00015', saltSource: 'manual' })
    const again = await fanfare(['crash', 'chain', 'salt', `${salt}00`], { env })
    expect([again.exitCode, again.err]).toEqual([1, expect.stringContaining('No chain waits')])
    expect((await fanfare(['crash', 'chain', 'head'], { env })).out).toContain(
      `salt ${salt} (manual)`,
    )
    using db = new Database(`${env.FANFARE_DATA_DIR}/crash.db`, { readonly: true })
    expect(db.query('SELECT actor, action, subject FROM audit_log').all()).toEqual([
      { actor: 'cli', action: 'chain.commit', subject: '1' },
      { actor: 'cli', action: 'chain.salt', subject: '1' },
    ])
  })

  test('a command given twice does not salt an older chain that was left behind', async () => {
    const env = { FANFARE_DATA_DIR: emptyFolder() }
    for (let count = 0; count < 2; count++) {
      await fanfare(['crash', 'chain', 'new', '--length', '10'], { env })
    }
    const spaced = await fanfare(['crash', 'chain', 'salt', 'the hash of block 1'], { env })
    expect([spaced.exitCode, spaced.err]).toEqual([
      1,
      'A salt has 8 to 256 visible ASCII characters and no spaces',
    ])
    expect((await fanfare(['crash', 'chain', 'salt', salt], { env })).out).toStartWith('2  ')
    const again = await fanfare(['crash', 'chain', 'salt', salt], { env })
    expect([again.exitCode, again.err]).toEqual([1, 'Chain 2 has this salt already'])
    expect((await fanfare(['crash', 'chain', 'head'], { env })).out).toMatch(/^1 .* waits for/m)
  })

  test('chains that are left get no salt any more, stay in the list, and are left once', async () => {
    const env = { FANFARE_DATA_DIR: emptyFolder() }
    const call = (...words: string[]) => fanfare(['crash', 'chain', ...words], { env })
    await call('new', '--length', '10')
    const { out } = await call('leave')
    expect(out).toMatch(/^1  [0-9a-f]{64}  0\/10 .* left \d{4}-/)
    expect((await call('head')).out).toBe(out)
    expect((await call('salt', salt)).err).toContain('No chain waits for its salt')
    expect(await call('leave')).toMatchObject({ exitCode: 1, err: 'No chain is to be left' })
    using db = new Database(`${env.FANFARE_DATA_DIR}/crash.db`, { readonly: true })
    expect(db.query('SELECT actor, action, subject FROM audit_log').all()).toContainEqual({
      actor: 'cli',
      action: 'chain.leave',
      subject: '1',
    })
    expect((await fanfare(['crash', 'audit'], { env })).exitCode).toBe(0)
  })

  test('a salt from elsewhere is not given by hand, since it was promised', async () => {
    await using books = await house()
    await books.chains.commit({ ...terms, saltSource: 'local' }, 5, 0)
    const env = { FANFARE_DATA_DIR: books.dir }
    const { err, exitCode } = await fanfare(['crash', 'chain', 'salt', salt], { env })
    expect([err, exitCode]).toEqual(['Chain 1 was promised a salt from "local"', 1])
  })

  test('a beacon that cannot be reached is told: exit 3, and nothing is committed', async () => {
    const env = {
      FANFARE_DATA_DIR: emptyFolder(),
      FANFARE_CRASH_SALT_SOURCE: 'drand',
      FANFARE_CRASH_DRAND_URL: 'http://127.0.0.1:1',
    }
    const { out, err, exitCode } = await fanfare(['crash', 'chain', 'new'], { env })
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 3 })
    expect(err).toContain('does not answer')
    expect((await fanfare(['crash', 'chain', 'head'], { env })).exitCode).toBe(1)
  })
})

describe('beside a running server', () => {
  let place: Casino
  let env: { FANFARE_DATA_DIR: string }
  const call = (...words: string[]) => fanfare(['crash', ...words], { env })

  beforeAll(async () => {
    const short = { chain_length: 50, max_multiplier: '1.50', betting: 500, waiting: 500 }
    place = await casino({
      crash: { ...short, salt_source: 'manual', scenario: undefined as never },
    })
    env = { FANFARE_DATA_DIR: place.server.dir }
  })
  afterAll(() => place[Symbol.asyncDispose]())

  test('rounds begin within a second of the salt, and each recomputes from the folder and from the server', async () => {
    await place.server.settled(() =>
      place.server.logged.some((line) => line.includes('chain committed')),
    )
    await place.pass(500)
    const ready = await (
      await fetch(new URL('/readyz', place.server.fanfare.listeners.at(-1)!.url))
    ).text()
    expect(ready).toContain('chain salt')
    expect((await call('chain', 'salt', salt)).exitCode).toBe(0)
    for (let round = 0; round < 3; round++) await place.until('waiting')
    const { rounds } = JSON.parse((await call('rounds', '--json')).out)
    expect(rounds).toHaveLength(3)
    for (const { roundId, crashPoint, hash } of rounds) {
      const { out, exitCode } = await call('verify', roundId, '--json')
      expect(exitCode).toBe(0)
      expect(JSON.parse(out)).toMatchObject({
        ok: true,
        crashPoint,
        recomputed: crashPoint,
        chained: true,
        hash,
        salt,
      })
    }
    const [{ roundId, crashPoint }] = rounds
    const asked = await fanfare(['crash', 'verify', roundId, '--url', place.server.url])
    expect(asked.exitCode).toBe(0)
    expect(asked.out).toContain(`Round ${roundId} crashed at ${crashPoint.toFixed(2)}x`)
    expect(asked.out).toContain('which the hash leads back to')
  })

  test('a round does not recompute with a salt that gives another point: exit 1', async () => {
    const { rounds } = JSON.parse((await call('rounds', '--json')).out)
    const [{ roundId, crashPoint: told, hash }] = rounds
    const other = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter) => `${salt}${letter}`)
    const point = (value: string) => crashPoint(parseHash(hash)!, value, 9_700, 150) / 100
    const wrong = other.find((value) => point(value) !== told) ?? ''
    const { out, err, exitCode } = await call('verify', roundId, '--salt', wrong, '--json')
    expect([err, exitCode]).toEqual([`Round ${roundId} does not recompute`, 1])
    expect(JSON.parse(out)).toMatchObject({ ok: false, crashPoint: told, recomputed: point(wrong) })
    const unknown = await fanfare(['crash', 'verify', '1', '--url', place.server.url])
    expect([unknown.exitCode, unknown.err]).toEqual([1, '404 NOT_FOUND: No such round'])
    const nobody = await fanfare(['crash', 'verify', '1', '--url', 'http://127.0.0.1:1'])
    expect(nobody.exitCode).toBe(3)
  })

  test('a round that runs is not verified and shows nothing', async () => {
    await place.until('betting')
    const { out } = await call('rounds', '--limit', '1')
    expect(out).toContain('running')
    expect(out).not.toMatch(/[0-9a-f]{64}/)
    const [roundId = ''] = out.split(' ')
    const { err, exitCode } = await call('verify', roundId)
    expect([err, exitCode]).toEqual([`Round ${roundId} is not over`, 1])
  })

  test('the audit finds the books right, and names the row when somebody has changed one: exit 4', async () => {
    const clean = await call('audit', '--json')
    expect([clean.err, clean.exitCode]).toEqual(['', 0])
    expect(JSON.parse(clean.out)).toMatchObject({ ok: true, faults: [] })
    using db = openWriter(`${place.server.dir}/crash.db`)
    db.run('DROP TRIGGER round_over')
    db.run('UPDATE round SET crash = crash + 7 WHERE id = (SELECT min(id) FROM round)')
    const { id } = db.query<{ id: number }, []>('SELECT min(id) AS id FROM round').get()!
    const found = await call('audit')
    expect(found.exitCode).toBe(4)
    expect(found.out).toContain(`round ${id}: `)
    expect(found.err).toMatch(/^\d+ faults? in \d+ rounds, \d+ bets?, \d+ transfers?$/)
    expect((await call('verify', String(id))).exitCode).toBe(1)
  })
})

describe('verify and simulate', () => {
  test('a hash gives the published point with its salt', async () => {
    const words = ['crash', 'verify', hash, '--salt', salt, '--rtp', '0.99']
    const { out, exitCode } = await fanfare(words)
    expect([out.split(' ')[0], exitCode]).toEqual(['3.20x', 0])
    const { out: json } = await fanfare([...words, '--json'])
    expect(JSON.parse(json)).toEqual({
      crashPoint: 3.2,
      previousHash: '4ff37e29c5e734482b20b3257cee1e0eb16444d297947f72451b09f95104ceb9',
      rtpBps: 9_900,
    })
  })

  test('the return is counted exactly and played from a seed, which plays the same again', async () => {
    const words = [
      'crash',
      'simulate',
      '--rounds',
      '20000',
      '--seed',
      'ann',
      '--target',
      '3.00',
      '--json',
    ]
    const [first, second] = await Promise.all([fanfare(words), fanfare(words)])
    expect(first).toEqual(second)
    const { exact, sample, interval, won } = JSON.parse(first.out)
    expect(exact).toBe('0.9700000000')
    expect(sample).toBeCloseTo((won * 3) / 20_000, 12)
    const se = Math.sqrt((3 * 0.97 - 0.97 ** 2) / 20_000)
    expect(interval[0]).toBeCloseTo(0.97 - 1.959964 * se, 9)
    expect(interval[1]).toBeCloseTo(0.97 + 1.959964 * se, 9)
    // The seed is fixed: this run is one of the 95.
    expect(sample).toBeGreaterThan(interval[0])
    expect(sample).toBeLessThan(interval[1])
  })

  test('beyond the cap nothing returns', async () => {
    const env = { FANFARE_CRASH_MAX_MULTIPLIER: '10.00' }
    const words = ['crash', 'simulate', '--rounds', '1000', '--target', '10.01', '--json']
    expect(JSON.parse((await fanfare(words, { env })).out)).toMatchObject({
      exact: '0.0000000000',
      won: 0,
    })
  })
})
