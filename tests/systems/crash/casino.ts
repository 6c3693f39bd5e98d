import { expect } from 'bun:test'
import { serverKey, start, type Fixture, type TestClient } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'

type Flags = NonNullable<Parameters<typeof start>[0]>

/** A server with the game alone, whose rounds crash where the test says. */
export interface Casino extends AsyncDisposable {
  server: Fixture
  /** A spectator who has heard everything since the beginning. */
  watcher: TestClient
  token(player: string, claims?: Record<string, unknown>): Promise<string>
  /** A player who was let in by the handshake; both first frames are taken. */
  play(player: string, claims?: Record<string, unknown>): Promise<TestClient>
  /** A spectator; the first frame is taken. */
  watch(path?: string): Promise<TestClient>
  /** Lets time pass until the phase begins, a new one each time. */
  until(phase: 'betting' | 'flying' | 'waiting'): Promise<void>
  /** Lets time pass in small steps, with all that happens in it. */
  pass(ms: number): Promise<void>
  /** Calls a route and parses its answer; fails when the status is another. */
  call(method: string, path: string, status: number, body?: unknown, key?: string): Promise<any>
  balance(player: string): Promise<string>
}

/** Rates that get in nobody's way. */
const calm = { bet: 1_000, cash_out: 1_000, state: 1_000, other: 1_000 }

/** A game with fixed crash points, in hundredths. */
export async function casino({
  points = [1_000],
  flags = {},
  crash = {},
}: { points?: readonly number[]; flags?: Flags; crash?: Flags['crash'] } = {}): Promise<Casino> {
  const server = await start({
    dev: true,
    systems: ['crash'],
    ...flags,
    crash: {
      scenario: { kind: 'fixed', points },
      rates: calm,
      chain_length: 100,
      ...crash,
    },
  })
  const watcher = await server.connect('/crash/ws')
  // Chance waits for a chain; else a round begins by itself, and must not do so between two frames of a test.
  if (!('scenario' in crash)) {
    await watcher.until(() => watcher.frames.some((frame) => frame.includes('"betting"')), 'round')
  }
  let seen = 0
  const self: Casino = {
    server,
    watcher,
    token: (player, claims) => server.token(player, { aud: 'crash', ...claims }),
    async play(player, claims) {
      const client = await server.connect(`/crash/ws?token=${await self.token(player, claims)}`)
      expect((await client.next()).i).toBe('state-init')
      expect((await client.next()).i).toBe('auth-init')
      return client
    },
    async watch(path = '/crash/ws') {
      const client = await server.connect(path)
      expect((await client.next()).i).toBe('state-init')
      return client
    },
    async until(phase) {
      const began = performance.now()
      for (;;) {
        let last = ''
        for (; seen < watcher.frames.length; seen++) {
          const { t, p } = JSON.parse(watcher.frames[seen]!)
          if (t === 'CRASH_PHASE_CHANGE') last = p.phase
        }
        if (last === phase) return
        if (performance.now() - began > 10_000) throw new Error(`no ${phase}`)
        await self.pass(50)
      }
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= 50) {
        server.clock.advance(Math.min(50, left))
        await Bun.sleep(1)
      }
    },
    async call(method, path, status, body, token = serverKey) {
      const answer = await server.fetch(path, { method, body, token })
      const text = await answer.text()
      expect(`${answer.status} ${answer.status === status ? '' : text}`).toBe(`${status} `)
      return text === '' ? null : JSON.parse(text)
    },
    balance: async (player) => (await self.call('GET', `/api/wallets/${player}`, 200)).balance,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
    },
  }
  return self
}

/** A frame of a client. */
export const say = (i: string, t: string, p: unknown = {}) => ({ i, t, p })

/** A bet in each slot, from the first on. */
export const bets = (i: string, ...amounts: readonly string[]) =>
  say(i, 'PLACE_BET', {
    crash: { slots: amounts.map((amount, index) => ({ slotId: index + 1, amount })) },
  })

/** Sends a request and takes its answer; events before it are dropped. */
export async function ask(client: TestClient, frame: { i: string }): Promise<any> {
  client.send(frame)
  return answerTo(client, frame.i)
}

/** Takes the answer with an id; everything before it is dropped. */
export async function answerTo(client: TestClient, id: string): Promise<any> {
  for (;;) {
    const frame = await client.next()
    if (frame.i === id) return frame
  }
}

/** The code a request is refused with, or the type of its answer. */
export async function outcome(client: TestClient, frame: { i: string }): Promise<string> {
  const { t, p } = await ask(client, frame)
  return t === 'ERROR' ? p.code : t
}

let pings = 0

/** Everything a client has received that was not taken, up to now. */
export async function received(client: TestClient): Promise<any[]> {
  const i = `up-to-here-${pings++}`
  return client.upTo(say(i, 'PING'), (frame) => frame.i === i)
}

/** The types of the frames a client has received that were not taken. */
export async function types(client: TestClient): Promise<string[]> {
  return (await received(client)).map(({ t }) => t)
}

/** Status and code of a refused handshake. */
export async function refused(
  { server }: Casino,
  path: string,
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const { status, body } = await rawHandshake(server.url, path, headers)
  return [status, body === '' ? '' : JSON.parse(body).code]
}
