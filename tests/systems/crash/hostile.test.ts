import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { casino, outcome, received, say } from './casino.ts'

const names = [
  ...['AUTH', 'PING', 'PLACE_BET', 'CASH_OUT', 'CANCEL_BET', 'GET_STATE', 'SUBSCRIBE'],
  ...['UNSUBSCRIBE', 'CRASH_BET', 'LOGIN', '0', '', 'toString', '__proto__'],
]
const fields = [
  ...['slotId', 'slots', 'amount', 'autoCashOut', 'gameParams', 'crashParams', 'crash', '@type'],
  ...['cashOutAll', 'nextRound', 'eventTypes', 'token', '__proto__', 'constructor', 'timestamp'],
]
const values = fc.constantFrom<unknown>(
  ...[0, 1, 2, 3, 4, -1, 1.5, 1e308, '1.00', '0', '-1.00', '1e3', 'x', '', null, true, false],
  ...['CRASH_STATS', [], {}, '1'.repeat(40), '1.01', '2.00', '\ud800', '\u0000', 2 ** 53],
)
const { payload } = fc.letrec<{ payload: unknown; node: unknown }>((tie) => ({
  node: fc.oneof(
    { weight: 3, arbitrary: values },
    tie('payload'),
    fc.array(tie('node'), { maxLength: 4 }),
  ),
  payload: fc.dictionary(fc.constantFrom(...fields), tie('node'), { maxKeys: 5 }),
}))
/** Bets that are nearly right, so that some get through. */
const bet = fc.record({
  crash: fc.record({
    slots: fc.array(
      fc.record(
        { slotId: fc.integer({ min: 1, max: 3 }), amount: values, autoCashOut: values },
        { requiredKeys: ['slotId', 'amount'] },
      ),
      { maxLength: 4 },
    ),
  }),
})
const frames = fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(payload, bet, values)), {
  minLength: 1,
  maxLength: 30,
})

test('no frame is a fault of ours, none goes without an answer, and none makes or loses money', async () => {
  await using place = await casino({ points: [300, 100, 120] })
  const { server } = place
  await place.until('betting')
  let number = 0
  await fc.assert(
    fc.asyncProperty(frames, fc.boolean(), async (sent, later) => {
      const client = await place.play(`player-${++number}`)
      const asked = sent.map(([t, p], index) => ({ i: `m${index}`, t, p }))
      for (const one of asked) if (client.closed === null) client.send(one)
      if (later) await place.pass(200)
      const answered: string[] = []
      while (answered.length < asked.length) {
        // An AUTH with a token that does not hold ends the connection.
        if (client.frames.length === 0 && client.closed !== null) break
        await client.until(() => client.frames.length > 0 || client.closed !== null, 'answer')
        for (const text of client.frames.splice(0)) {
          const { i, p } = JSON.parse(text)
          expect(p.code).not.toBe('INTERNAL_ERROR')
          if (i.startsWith('m')) answered.push(i)
        }
      }
      expect(answered).toEqual(asked.slice(0, answered.length).map(({ i }) => i))
      if (client.closed !== null) expect(client.closed.code).toBe(4401)
      client.socket.close()
    }),
    { numRuns: 60 },
  )
  expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
  await place.until('waiting')
  await place.until('betting')
  const metrics = await (await fetch(`${server.fanfare.internal!.url.origin}/metrics`)).text()
  expect(metrics).toMatch(/^fanfare_ledger_imbalance 0$/m)
})

test('names that every object has are no players, fields or commands', async () => {
  await using place = await casino()
  const client = await place.watch()
  for (const name of ['__proto__', 'constructor', 'toString', 'CRASH_constructor']) {
    expect(await outcome(client, say('1', name))).toBe('INVALID_REQUEST')
  }
  for (const player of ['__proto__', 'constructor']) {
    const own = await place.play(player)
    expect(await place.balance(player)).toBe('10000.00')
    expect(await received(own)).toEqual([])
  }
})
