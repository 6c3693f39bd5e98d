import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config.ts'
import type { Exchange } from '../../../src/systems/pledge/exchange.ts'
import { floor, plgr, priced, received, type Floor } from './scenario.ts'

const page = await Bun.file(join(import.meta.dir, '../../../docs/systems/pledge.md')).text()
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text.trim())

test('the lines to try do what they show, to the byte', async () => {
  await using place = await floor()
  const [, wscat = '', frames = '', shown = ''] = blocks('')
  const [, path = ''] = /^npx wscat -c "ws:\/\/localhost:8080(\S+)"$/.exec(wscat) ?? []
  const client = await place.listen(path)
  const { price } = JSON.parse(shown)
  place.tell(price)
  for (const line of frames.split('\n')) {
    if (line.startsWith('> ')) client.send(line.slice(2))
    else expect(`< ${await client.text()}`).toBe(line)
  }
  place.server.clock.advance(420)
  const [, asked = ''] = /^curl http:\/\/localhost:8080(\S+)$/.exec(blocks('sh')[0]!) ?? []
  expect(await (await place.server.fetch(asked)).text()).toBe(shown)
})

/** Timers that a script has asked for, to run when the test says so. */
function timers() {
  const waits: { ms: number; run: () => void }[] = []
  const beats = new Map<number, { ms: number; run: () => void }>()
  let count = 0
  return {
    waits,
    beats,
    setTimeout: (run: () => void, ms: number) => void waits.push({ ms, run }),
    setInterval(run: () => void, ms: number) {
      beats.set(++count, { ms, run })
      return count
    },
    clearInterval: (id: number) => void beats.delete(id),
  }
}

/** Runs the browser's script of the page against a server. */
function browser({ server }: Floor) {
  const shown: string[] = []
  const sockets: WebSocket[] = []
  class Watched extends WebSocket {
    constructor(url: string) {
      super(url.replace('wss://example.org', server.url.replace('http', 'ws')))
      sockets.push(this)
    }
  }
  const timed = timers()
  const names = ['WebSocket', 'show', 'setTimeout', 'setInterval', 'clearInterval']
  new Function(...names, blocks('js')[0]!)(
    Watched,
    (price: string) => shown.push(price),
    timed.setTimeout,
    timed.setInterval,
    timed.clearInterval,
  )
  return { shown, sockets, ...timed }
}

test('P4, P5, P10: the browser’s client shows prices, stays by its pings, and comes back after a cut', async () => {
  await using place = await floor()
  const listening = () => place.server.listeners(`pledge/price:${plgr}`) === 1
  const { shown, sockets, waits, beats } = browser(place)
  await place.server.settled(listening)
  place.tell('0.0027')
  await place.server.settled(() => shown.length === 1)
  await place.server.settled(() => beats.size === 1)
  const [beat] = beats.values()
  let pongs = 0
  sockets[0]!.addEventListener(
    'message',
    ({ data }) => void (pongs += data.includes('pong') ? 1 : 0),
  )
  for (let n = 1; n <= 10; n++) {
    place.server.clock.advance(beat!.ms)
    place.exchange.last.hearing.alive()
    beat!.run()
    await place.server.settled(() => pongs === n)
  }
  expect(sockets[0]!.readyState).toBe(WebSocket.OPEN)
  sockets[0]!.close()
  await place.server.settled(() => waits.length === 1)
  expect(beats.size).toBe(0)
  expect(waits[0]!.ms).toBeGreaterThanOrEqual(250)
  expect(waits[0]!.ms).toBeLessThan(750)
  await place.server.settled(() => !listening())
  place.server.clock.advance(50)
  place.tell('0.0028')
  waits.shift()!.run()
  await place.server.settled(() => shown.length === 2)
  expect(shown).toEqual(['0.0027', '0.0028'])
  await place.server.settled(listening)
  place.server.host.hub.channels('pledge').close(`price:${plgr}`, 'forbidden')
  await place.server.settled(() => sockets[1]!.readyState === WebSocket.CLOSED)
  expect([sockets.length, waits.length]).toEqual([2, 0])
})

test('the configuration of the page is one, and its table tells the keys and defaults there are', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-docs-'))
  try {
    const file = join(dir, 'fanfare.toml')
    await Bun.write(file, blocks('toml')[0]!)
    const { config } = await loadConfig({ flags: { config: file }, env: {} })
    const { config: defaults } = await loadConfig({ env: {} })
    expect(config.pledge).toEqual({ ...defaults.pledge, symbols: [plgr, 'BTC-USDT'] })
    const keys = Object.keys(defaults.pledge).map((key) => `\`pledge.${key}\``)
    const [, table = ''] = page.split('## Configuration')
    for (const key of keys) expect(table).toContain(`| ${key} |`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('the exchange of the page works as it stands', async () => {
  const source = new Bun.Transpiler({ loader: 'ts' }).transformSync(blocks('ts')[0]!)
  const make = new Function(`${source.replace('export ', '')}\nreturn example`)
  let socket: Bun.ServerWebSocket<undefined> | null = null
  let asked = ''
  const upstream = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request, self) {
      asked = new URL(request.url).search
      return self.upgrade(request) ? undefined : new Response(null, { status: 426 })
    },
    websocket: { open: (opened) => void (socket = opened), message() {} },
  })
  try {
    const exchange: Exchange = make()(upstream.url.href.replace('http', 'ws'))
    await using place = await floor({ exchange })
    const client = await place.listen()
    await place.server.settled(() => socket !== null)
    socket!.send('{"s":"PLGR-USDT","p":"0.0027","n":"17"}')
    expect(await client.text()).toBe(priced('0.0027'))
    expect(asked).toBe('?symbols=PLGR-USDT')
    socket!.send('rubbish')
    expect((await place.ready())[1]).toStartWith('up;')
    socket!.terminate()
    while (!(await place.ready())[1].startsWith('down')) await Bun.sleep(1)
    expect(await received(client)).toEqual([])
  } finally {
    await upstream.stop(true)
  }
})

test('every frame that the page shows is one of the wire', () => {
  const shown = [...page.matchAll(/\{"code":-?\d,"data":"[^"]*"\}/g)].map(([frame]) => frame)
  expect(new Set(shown)).toEqual(
    new Set([
      priced('0.0027'),
      '{"code":1,"data":"pong"}',
      '{"code":-1,"data":"heartbeat timeout"}',
    ]),
  )
})
