import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { errorCodes } from '../../../src/core/errors.ts'
import { eventTypes } from '../../../src/systems/crash/events.ts'
import { serverKey } from '../../fixture.ts'
import { answerTo, bets, casino, type Casino } from './casino.ts'

const page = await Bun.file(join(import.meta.dir, '../../../docs/systems/crash.md')).text()
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text.trim())

/** Runs a curl line as it stands, on this server. */
async function curl({ server }: Casino, line: string): Promise<Response> {
  const [, path = '', authorization, body = ''] =
    /^curl -X POST http:\/\/localhost:8080(\S+)(?: -H "Authorization: ([^"]+)")? -d '([^']+)'$/.exec(
      line.replace('$KEY', serverKey),
    ) ?? []
  const headers = { ...(authorization !== undefined && { authorization }) }
  return fetch(server.url + path, { method: 'POST', body, headers })
}

/** The first round takes bets; no time has passed. */
async function begun({ call }: Casino): Promise<void> {
  for (;;) {
    const { rounds } = await call('GET', '/api/crash/rounds', 200)
    if (rounds.length > 0) return
    await Bun.sleep(1)
  }
}

test('the lines to try do what they show, to the byte', async () => {
  await using place = await casino()
  await begun(place)
  const [tokens = '', deposit = ''] = blocks('sh')
  const { token, playerId } = (await (await curl(place, tokens)).json()) as Record<string, string>
  expect(playerId).toBe('alice')
  const [, wscat = '', frames = '', later = '', credited = ''] = blocks('')
  const [, path = ''] = /^wscat -c "ws:\/\/localhost:8080(\S+)"$/.exec(wscat) ?? []
  const client = await place.server.connect(path.replace('$TOKEN', token!))
  for (const line of frames.split('\n')) {
    if (line.startsWith('> ')) client.send(line.slice(2))
    else expect(`< ${await client.text()}`).toBe(line)
  }
  await place.until('flying')
  client.send(later.slice(2))
  expect((await answerTo(client, 'msg-002')).t).toBe('CASH_OUT_RESPONSE')
  expect(await (await curl(place, deposit)).text()).toBe(credited)
})

test('the sample of a bet is one', async () => {
  await using place = await casino()
  await place.until('betting')
  const client = await place.play('alice')
  client.send(blocks('json')[0]!)
  expect((await answerTo(client, 'msg-001')).p.balance).toBe('9850.00')
})

test('K1, K22, K33: the JavaScript client logs in, plays, keeps itself alive, and comes back unless that is useless', async () => {
  const listen = [
    { host: '127.0.0.1', port: 0, systems: '*' as const },
    { host: '127.0.0.1', port: 0, systems: ['crash'] },
  ]
  await using place = await casino({ flags: { listen } })
  await place.until('betting')
  const base = place.server.fanfare.listeners[1]!.url.origin.replace('http', 'ws')
  const sockets: WebSocket[] = []
  class Watched extends WebSocket {
    constructor(url: string) {
      super(url.replace('wss://example.org', base))
      sockets.push(this)
    }
  }
  const shown: any[] = []
  const waits: { ms: number; run: () => void }[] = []
  const beats: (() => void)[] = []
  const given = {
    WebSocket: Watched,
    token: await place.token('alice'),
    show: (t: string, p: unknown, i: string) => shown.push({ t, p, i }),
    setTimeout: (run: () => void, ms: number) => waits.push({ ms, run }),
    setInterval: (run: () => void) => beats.push(run),
    clearInterval: () => beats.pop(),
  }
  const code = blocks('js')[0]!.replace(/^let token.*\n/, '')
  const connect = new Function(...Object.keys(given), `${code}\nreturn connect`)(
    ...Object.values(given),
  )
  const say = connect()
  const has = (id: string) => place.server.settled(() => shown.some(({ i }) => i === id))
  await has('state-1')
  expect(shown.slice(0, 3).map(({ t }) => t)).toEqual([
    ...['GET_STATE_RESPONSE', 'AUTH_RESPONSE', 'GET_STATE_RESPONSE'],
  ])
  const { i, t, p } = bets('bet-1', '100.00')
  say(i, t, p)
  await has('bet-1')
  expect(shown.find((one) => one.i === 'bet-1').p.balance).toBe('9900.00')
  beats[0]!()
  await has('ping')
  sockets[0]!.close()
  await place.server.settled(() => waits.length === 1)
  expect(waits[0]!.ms).toBeWithin(500, 1_500)
  expect(beats).toEqual([])
  shown.length = 0
  waits.pop()!.run()
  await has('state-1')
  expect(shown.find((one) => one.i === 'state-1').p.myBets).toHaveLength(1)
  place.server.host.hub.channels('crash').closeUser('alice', 'forbidden')
  await place.server.settled(() => sockets[1]!.readyState === WebSocket.CLOSED)
  expect([sockets.length, waits.length]).toEqual([2, 0])
})

test('the page names every event, every error a client can meet, and every row', () => {
  for (const name of [...eventTypes, 'CRASH_MY_RESULT', 'BALANCE_UPDATE', 'BET_CANCELLED']) {
    expect(page).toContain(`\`${name}\``)
  }
  for (const code of ['INVALID_REQUEST', 'ROUND_ENDED', 'INTERNAL_ERROR', 'BET_NOT_FOUND']) {
    expect(errorCodes).toHaveProperty(code)
    expect(page).toContain(`| \`${code}\` | ${errorCodes[code as 'ROUND_ENDED']} |`)
  }
  for (let row = 1; row <= 33; row++) expect(page).toContain(`| K${row} |`)
})
