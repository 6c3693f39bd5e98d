import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { frame, op } from '../hostile/raw.ts'
import { documentedOf, type Documented } from './documented.ts'
import { openHouse, type House } from './house.ts'
import { utterances, type Utterance } from './mutations.ts'
import { comeIn, titled, wires, type Guest, type Wire } from './wires.ts'

/** Connections on each wire: a few with every run of the tests, as many as one likes with FANFARE_FUZZ. */
const rounds = Number(process.env['FANFARE_FUZZ'] ?? 50)
/** Where it begins: with FANFARE_FUZZ elsewhere each time, else always here, so that a change that turns red did it. A failure tells its own. */
const usual = process.env['FANFARE_FUZZ'] === undefined ? 42 : Date.now() % 2 ** 31
const seed = Number(process.env['FANFARE_FUZZ_SEED'] ?? usual)
/** Connections between two looks at the bystanders. */
const atOnce = 500

let house: House
beforeAll(async () => {
  house = await openHouse({ LIMITS_MAX_CONNECTIONS_PER_IP: '10000' })
})
afterAll(() => house?.close())

/** What clients send that is good: the samples of the wire format, and commands that work. */
function textsOf({ system, harmless, named }: Wire): readonly string[] {
  const folder = join(import.meta.dir, '../systems', system, 'golden')
  const samples = [...new Bun.Glob('*.json').scanSync(folder)].sort()
  const golden = samples.map((name) => readFileSync(join(folder, name), 'utf8'))
  const good = [harmless, named('Subscribe'), ...(working[system] ?? [])]
  // Most samples are what a server says.
  return [...golden, ...good, ...good, ...good]
}

const requested = (resource: string, params: unknown) =>
  JSON.stringify({ command: 'Request', data: { resource, params } })

const working: Readonly<Record<string, readonly string[]>> = {
  jive: [
    '{"command":"Subscribe","data":{"topic":"family:strangers","ack":true}}',
    '{"command":"Unsubscribe","data":{"topic":"global","ack":true}}',
    requested('accounts', { limit: 10 }),
    requested('transactions', { account_id: 'a', after: 'b', limit: 1 }),
    requested('history', { topic: 'family:strangers', after: '0', limit: 200 }),
    '{"command":"Pong"}',
  ],
  locallife: ['{"type":"ack","message_id":"1","sequence":7,"ts":1}', '{"type":"pong"}'],
  pledge: ['ping', '"ping"', "'ping'"],
  crash: [
    '0',
    '{"i":"a","t":"PLACE_BET","p":{"crash":{"slots":[{"slotId":1,"amount":"0.01","autoCashOut":"1.5"}]},"nextRound":true}}',
    '{"i":"b","t":"CASH_OUT","p":{"cashOutAll":true}}',
    '{"i":"c","t":"CANCEL_BET","p":{"slotId":0}}',
  ],
}

/** What a server may say on each wire, refusals apart. */
const replies: Readonly<Record<Wire['system'], RegExp>> = {
  dcs: /^(?!)/,
  jive: /^\{"type":("Pong"\}$|"(Subscribed|Unsubscribed|Accounts|Transactions|History|AccountBalanceUpdate)","data":\{)/,
  locallife: /^\{"type":"pong","data":\{\},"timestamp":/,
  pledge: /^\{"code":1,"data":"pong"\}$/,
  crash:
    /^(1$|\{"i":"(?:[^"\\]|\\.){1,768}","t":"(AUTH|GET_STATE|PLACE_BET|CASH_OUT|CANCEL_BET|SUBSCRIBE|UNSUBSCRIBE)_RESPONSE","p":\{|\{"i":"(?:[^"\\]|\\.){1,768}","t":"PONG","p":\{)/,
}

/** Codes of closes that only operators, time and other connections cause. */
const notOurs = new Set(['1000', '1001', '1012', '1013', '4403', '4404', '4408', '4409'])

function isExpected(
  { system }: Wire,
  { codes, closes: known }: Documented,
  said: string,
  closes: boolean,
): boolean {
  if (said === 'gone' || said.startsWith('pong:') || replies[system].test(said)) return true
  const [, code] = /^close:(\d+)$/.exec(said) ?? []
  if (code === undefined) return codes.has(said) && said !== 'INTERNAL_ERROR'
  // Its own code comes back to who closes.
  return (known.has(code) && !notOurs.has(code)) || (closes && /^[134]\d{3}$/.test(code))
}

/** Words that are answered with themselves, also when too much was asked for before, and only after everything else was. */
const lastWords: Readonly<Record<Wire['system'], readonly [frame: string, answer: string]>> = {
  dcs: ['', 'pong:over'],
  jive: ['{"command":"Subscribe","data":{"topic":"user:over"}}', '\\"user:over\\"'],
  locallife: ['{"type":"over"}', '\\"over\\"'],
  pledge: ['', 'pong:over'],
  crash: ['{"i":"over","t":"PING","p":{}}', '{"i":"over",'],
}

/** A player has money, so that what is left of a bet can be one. */
async function funded({ system, at }: Wire): Promise<Record<string, unknown> | undefined> {
  if (system !== 'crash' || !at.includes('player')) return undefined
  const sub = house.fresh('rich')
  const body = { amount: '500.00', tx_id: `for-${sub}` }
  await house.call('POST', `/api/wallets/${sub}/credit`, body)
  return { sub }
}

/** Says everything and hears everything, refusals by their code. */
async function conversed(
  wire: Wire,
  { socket, heard }: Guest,
  { bytes, whole }: Utterance,
): Promise<readonly string[]> {
  const [last, sign] = lastWords[wire.system]
  socket.send(...bytes, frame(op.text, last), frame(op.ping, 'over'))
  const isOver = () =>
    socket.gone || heard().some((each) => each.includes(sign) || each.startsWith('close:'))
  if (whole) await socket.until(isOver, 'answer to the last words')
  else {
    // What was begun and not ended may have swallowed them.
    for (let turn = 0; turn < 20 && !isOver(); turn++) await Bun.sleep(1)
    socket.finish()
    await socket.closed()
  }
  return heard().map((each) => wire.codeOf(each) ?? each)
}

test.each(titled(wires))(
  'whatever is made of good frames gets an answer of the table or an end of it, and harms nobody: %s',
  async (_, wire) => {
    const page = documentedOf(wire.system)
    let met = 0
    const property = fc.asyncProperty(utterances(textsOf(wire)), async (utterance) => {
      const one = await comeIn(house, wire, await funded(wire))
      const said = await conversed(wire, one, utterance)
      one.socket.reset()
      const odd = said.filter((each) => !isExpected(wire, page, each, utterance.closes))
      expect(odd).toEqual([])
      if (++met % atOnce === 0) await house.unharmed()
    })
    await fc.assert(property, { numRuns: rounds, seed })
    await house.unharmed()
  },
  // FANFARE_FUZZ may ask for hours.
  Math.max(30_000, rounds * 1_000),
)
