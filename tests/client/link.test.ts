import { expect, test } from 'bun:test'
import {
  link,
  withQuery,
  type LinkOptions,
  type Socket,
  type State,
} from '../../src/client/link.ts'
import { fakeClock } from '../clock.ts'

/** A link over sockets that a test plays the server of. */
function staged(options: Partial<LinkOptions> = {}, pulse?: { interval: number; silence: number }) {
  const clock = fakeClock()
  const sockets: (Socket & { url: string; sent: string[]; closed: boolean })[] = []
  const states: State[] = []
  const received: string[] = []
  let losses = 0
  function Staged(url: string) {
    const socket = {
      url,
      sent: [] as string[],
      closed: false,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (text: string) => void socket.sent.push(text),
      close: () => void (socket.closed = true),
    }
    sockets.push(socket)
    return socket
  }
  let beats = 0
  const made = link(
    {
      url: () => `ws://test/${sockets.length}`,
      opened: () => made.ready(),
      received: (text) => void received.push(text),
      lost: () => void losses++,
      state: (state) => void states.push(state),
      ...(pulse && { pulse: { ...pulse, beat: () => void beats++ } }),
    },
    { clock, random: () => 0, WebSocket: Staged as never, ...options },
  )
  /** Lets promises run, and the time that is given pass. */
  async function pass(ms = 0): Promise<void> {
    clock.advance(ms)
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }
  const last = () => sockets.at(-1)!
  return {
    made,
    clock,
    sockets,
    states,
    received,
    pass,
    last,
    losses: () => losses,
    beats: () => beats,
    close: (code: number, reason = '') => last().onclose?.({ code, reason }),
  }
}
const names = (states: readonly State[]) => states.map(({ name }) => name)

test('without any WebSocket it says so at once, not after a minute of tries', () => {
  const none = { WebSocket: undefined } as unknown as LinkOptions
  const { WebSocket } = globalThis
  try {
    Reflect.deleteProperty(globalThis, 'WebSocket')
    expect(() => link({ url: '', opened() {}, received() {} } as never, none)).toThrow(
      'There is no WebSocket here: give one, such as that of "ws", as option',
    )
  } finally {
    globalThis.WebSocket = WebSocket
  }
})

test('a connection that fails comes back after 2, 4, 8, 16 and 32 seconds, and then gives up', async () => {
  const { pass, close, states, sockets, made } = staged()
  await pass(1)
  close(1006, 'refused')
  for (const seconds of [2, 4, 8, 16, 32]) {
    expect(states.at(-1)).toEqual({ name: 'waiting', ms: seconds * 1_000, code: 1006 })
    const tries = sockets.length
    await pass(seconds * 1_000 - 1)
    expect(sockets).toHaveLength(tries)
    await pass(1)
    expect(sockets).toHaveLength(tries + 1)
    close(1006, 'refused')
  }
  expect(made.state).toEqual({ name: 'closed', code: 1006, reason: 'refused' })
  await pass(3_600_000)
  expect(sockets).toHaveLength(6)
})

test('pauses are up to a half shorter at random, so that a crowd does not come back in one instant', async () => {
  const { pass, close, states } = staged({ random: () => 0.999_999 })
  await pass(1)
  close(1006)
  expect(states.at(-1)).toMatchObject({ name: 'waiting', ms: expect.closeTo(1_000, 1) })
})

test('with tries = Infinity it goes on for ever, every 32 seconds', async () => {
  const { pass, close, states } = staged({ tries: Infinity })
  await pass(1)
  for (let n = 0; n < 50; n++) {
    close(1006)
    await pass(32_000)
  }
  expect(states.findLast(({ name }) => name === 'waiting')).toMatchObject({ ms: 32_000 })
  expect(states.at(-1)).toEqual({ name: 'connecting' })
})

test('a connection that worked begins to count anew', async () => {
  const { pass, close, last, states } = staged()
  await pass(1)
  for (let n = 0; n < 20; n++) {
    last().onopen?.({})
    close(1006)
    expect(states.at(-1)).toMatchObject({ name: 'waiting', ms: 2_000 })
    await pass(2_000)
  }
})

test.each([1000, 1002, 1007, 1009, 4400, 4403, 4409])(
  'close %i is the end, since coming back would change nothing',
  async (code) => {
    const { pass, close, last, made, sockets } = staged()
    await pass(1)
    last().onopen?.({})
    close(code, 'why')
    expect(made.state).toEqual({ name: 'closed', code, reason: 'why' })
    await pass(3_600_000)
    expect(sockets).toHaveLength(1)
  },
)

test.each([4401, 4404])('close %i comes back at once with a new token or channel', async (code) => {
  const { pass, close, last, sockets, states } = staged()
  await pass(1)
  last().onopen?.({})
  close(code)
  expect(states.at(-1)).toMatchObject({ name: 'waiting', ms: 0 })
  await pass(1)
  expect(sockets.map(({ url }) => url)).toEqual(['ws://test/0', 'ws://test/1'])
  // One that is refused again is no reason to hurry.
  close(code)
  expect(states.at(-1)).toMatchObject({ name: 'waiting', ms: 4_000 })
})

test('close 4429 comes back after a minute, since it said too much', async () => {
  const { pass, close, last, states } = staged()
  await pass(1)
  last().onopen?.({})
  close(4429)
  expect(states.at(-1)).toMatchObject({ name: 'waiting', ms: 62_000 })
})

test('a socket that does not open within ten seconds is given up, and what it says later is not heard', async () => {
  const { pass, last, states, sockets, received } = staged()
  await pass(1)
  const first = last()
  await pass(10_000)
  expect(first.closed).toBe(true)
  expect(states.at(-1)).toMatchObject({ name: 'waiting', ms: 2_000 })
  first.onopen?.({})
  first.onmessage?.({ data: 'late' })
  first.onclose?.({ code: 4403, reason: '' })
  await pass(2_000)
  expect(sockets).toHaveLength(2)
  expect(received).toEqual([])
})

test('an address that cannot be had counts as a try, and is asked for again', async () => {
  let asked = 0
  const clock = fakeClock()
  const states: State[] = []
  link(
    {
      url() {
        asked++
        throw new Error('no token')
      },
      opened() {},
      received() {},
      state: (state) => void states.push(state),
    },
    { clock, random: () => 0, tries: 2 },
  )
  for (let n = 0; n < 5; n++) {
    clock.advance(32_000)
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }
  expect(asked).toBe(3)
  expect(states.at(-1)).toEqual({ name: 'closed', code: 1006, reason: 'Error: no token' })
})

test('a connection that is silent for too long is given up, one that speaks is not', async () => {
  const { pass, last, states, losses, beats, sockets } = staged(
    {},
    { interval: 5_000, silence: 12_000 },
  )
  await pass(1)
  last().onopen?.({})
  for (let n = 0; n < 10; n++) {
    await pass(5_000)
    last().onmessage?.({ data: 'x' })
  }
  expect([names(states).at(-1), losses(), beats()]).toEqual(['open', 0, 10])
  await pass(15_000)
  expect([states.at(-1)?.name, losses(), sockets[0]?.closed]).toEqual(['waiting', 1, true])
})

test('nothing is sent before a socket is open, nor after it is gone', async () => {
  const { pass, last, made, close } = staged()
  await pass(1)
  expect(made.send('early')).toBe(false)
  last().onopen?.({})
  expect(made.send('now')).toBe(true)
  const first = last()
  close(1006)
  expect(made.send('late')).toBe(false)
  expect(first.sent).toEqual(['now'])
})

/** The global target of a page's events; Bun has it, its types do not. */
const page = globalThis as unknown as EventTarget

test('the network coming back ends the pause', async () => {
  const { pass, close, sockets, made } = staged()
  await pass(1)
  close(1006)
  page.dispatchEvent(new Event('online'))
  await pass()
  expect(sockets).toHaveLength(2)
  made.close()
  page.dispatchEvent(new Event('online'))
  await pass(100_000)
  expect(sockets).toHaveLength(2)
})

test('whoever closes it hears so once, and nothing comes back', async () => {
  const { pass, last, made, states, sockets } = staged()
  await pass(1)
  last().onopen?.({})
  made.close()
  made.close()
  expect([names(states), last().closed]).toEqual([['connecting', 'open', 'closed'], true])
  await pass(3_600_000)
  expect(sockets).toHaveLength(1)
})

test('parameters are escaped and put behind those that are there', () => {
  expect(withQuery('ws://x/y', {})).toBe('ws://x/y')
  expect(withQuery('ws://x/y', { a: 'b c', d: '&' })).toBe('ws://x/y?a=b%20c&d=%26')
  expect(withQuery('ws://x/y?z=1', { a: '' })).toBe('ws://x/y?z=1&a=')
})
