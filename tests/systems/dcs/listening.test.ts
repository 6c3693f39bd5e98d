import { expect, test } from 'bun:test'
import type { Connection } from '../../../src/core/connection.ts'
import type { Channels } from '../../../src/core/hub.ts'
import { listeningOf } from '../../../src/systems/dcs/listening.ts'
import type { Listening, Partners } from '../../../src/systems/dcs/partners.ts'
import type { Session } from '../../../src/systems/dcs/session.ts'
import { fakeClock } from '../../clock.ts'

const day = 86_400_000

/** One connection of a channel that is looked up only when the test says what comes of it. */
function stage() {
  const clock = fakeClock()
  const armed = new Set<object>()
  const counting = {
    ...clock,
    after(ms: number, run: () => void) {
      const timer = {}
      const stop = clock.after(ms, run)
      armed.add(timer)
      return () => {
        armed.delete(timer)
        stop()
      }
    },
  }
  const lookups: ((found: Listening) => void)[] = []
  const partners = {
    listening: () => new Promise<Listening>((resolve) => lookups.push(resolve)),
  } as unknown as Partners
  const session: Session = { partner: 'acme', hash: 'h', after: null, disarm() {}, left: false }
  const closed: string[] = []
  const connection = {
    session,
    identify() {},
    close: (reason: string) => closed.push(reason),
  } as unknown as Connection<Session>
  const listening = listeningOf({ partners, channels: {} as Channels, clock: counting })
  /** Its channel is looked at again, and ends `ms` from now. */
  async function review(ms: number, meanwhile = () => {}) {
    const reviewing = listening.review(connection)
    meanwhile()
    lookups.shift()!({ partner: 'acme', expiresAt: clock.now() + ms, ended: ms <= 0 })
    await reviewing
  }
  const leave = () => listening.closed(connection)
  return { clock, armed, closed, review, leave }
}

test('D3: a connection has one timer, however often its channel is looked at, and none once it has gone', async () => {
  const { armed, review, leave } = stage()
  for (let count = 0; count < 3; count++) {
    await review(day)
    expect(armed.size).toBe(1)
  }
  leave()
  expect(armed.size).toBe(0)
})

test('D3: one that goes while its channel is looked up leaves no timer behind', async () => {
  const { armed, review, leave } = stage()
  await review(day, leave)
  expect(armed.size).toBe(0)
})

test('D7: of several looks the last one says when it ends', async () => {
  const { clock, closed, review } = stage()
  await review(day)
  await review(1_000)
  clock.advance(999)
  expect(closed).toEqual([])
  clock.advance(1)
  expect(closed).toEqual(['gone'])
})
