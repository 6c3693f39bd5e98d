import { TestClient } from '../fixture.ts'
import { headersOf, nextNonce } from '../systems/dcs/signed.ts'
import { symbol, type House } from './house.ts'

/** How long a message may be on its way; what is later was lost. */
const patienceMs = 15_000
/** Between two messages, ms. */
const pauseMs = 30

/** Somebody on one system who is told the numbers 1, 2, 3, …, and does nothing wrong. */
interface Bystander {
  readonly system: string
  readonly client: TestClient
  /** Has the next number told. */
  tell(number: number): Promise<unknown> | void
  /** The number that a frame tells, null where it tells none. */
  numberOf(frame: string): number | null
  /** What it answers, null: nothing. */
  answerTo?(frame: string): string | null
}

/** All bystanders, while others misbehave. */
export interface Watch {
  readonly faults: readonly string[]
  /** Resolves when everybody has heard a number that was told after this was called; fails when somebody has not. */
  next(): Promise<void>
  stop(): void
}

/** Puts a bystander on each system, and tells them numbers over HTTP (the price: as the exchange) until it is stopped. */
export async function watch(house: House): Promise<Watch> {
  const bystanders = await Promise.all([
    partner(house),
    member(house),
    merchant(house),
    trader(house),
    player(house),
  ])
  const faults: string[] = []
  const heard = new Map(bystanders.map(({ system }) => [system, 0]))
  let told = 0
  let stopped = false
  let wake = () => {}
  for (const one of bystanders) listen(one)
  const pings = setInterval(() => bystanders.find(isTrader)?.client.send('ping'), 500)
  void tellOn()

  function listen({ system, client, numberOf, answerTo }: Bystander): void {
    const take = (frame: string) => {
      const answer = answerTo?.(frame) ?? null
      if (answer !== null) client.send(answer)
      const number = numberOf(frame)
      if (number === null) return
      const before = heard.get(system) ?? 0
      if (number !== before + 1) faults.push(`${system}: heard ${number} after ${before}`)
      heard.set(system, number)
      wake()
    }
    for (const frame of client.frames.splice(0)) take(frame)
    client.socket.addEventListener('message', ({ data }) => {
      client.frames.length = 0
      take(String(data))
    })
    client.socket.addEventListener('close', ({ code }) => {
      if (!stopped) faults.push(`${system}: the bystander was closed with ${code}`)
      wake()
    })
  }

  async function tellOn(): Promise<void> {
    while (!stopped && faults.length === 0) {
      const number = told + 1
      try {
        await Promise.all(bystanders.map((one) => one.tell(number)))
        told = number
        await untilHeard(number)
      } catch (error) {
        if (!stopped) faults.push(String(error))
      }
      await Bun.sleep(pauseMs)
    }
    wake()
  }

  async function untilHeard(number: number): Promise<void> {
    const began = performance.now()
    const late = () => bystanders.filter(({ system }) => (heard.get(system) ?? 0) < number)
    const timer = setTimeout(() => wake(), patienceMs)
    while (late().length > 0 && faults.length === 0 && !stopped) {
      if (performance.now() - began >= patienceMs) {
        throw new Error(`${late().map(({ system }) => system)}: never heard ${number}`)
      }
      await new Promise<void>((resolve) => (wake = resolve))
    }
    clearTimeout(timer)
  }

  return {
    faults,
    async next() {
      // The number being told now may have been heard already: the one behind it has not.
      const wanted = told + 2
      while (told < wanted && faults.length === 0 && !stopped) await Bun.sleep(5)
    },
    stop() {
      stopped = true
      clearInterval(pings)
      wake()
    },
  }
}

const isTrader = ({ system }: Bystander) => system === 'pledge'

/** A connection whose greeting has arrived: whoever is told something now hears it. */
async function connect(house: House, path: string, greeting: string): Promise<TestClient> {
  const client = await TestClient.open(house.url().replace('http', 'ws') + path)
  if (greeting !== '') {
    await client.until(() => client.frames.some((one) => one.includes(greeting)), greeting)
  }
  return client
}

/** The keys of a partner of dcs. */
export interface Keys {
  readonly apiKey: string
  readonly apiSecret: string
}

/** Makes a partner of dcs; its secret must not be in a log. */
export async function partnerOf(house: House, id: string): Promise<Keys> {
  const keys: Keys = await house.call('PUT', `/api/dcs/partners/${id}`)
  house.secrets.add(keys.apiSecret)
  return keys
}

/** A new listen channel of a partner, which must not be in a log either. */
export async function channelFrom(house: House, { apiKey, apiSecret }: Keys): Promise<string> {
  const timestamp = String(Date.now())
  const claims = { apiKey, secret: apiSecret, timestamp, nonce: nextNonce() }
  const address = `${house.url()}/websocket/v1/get-channel`
  const answer = await fetch(address, { headers: headersOf(claims) })
  const { data } = (await answer.json()) as { data: string }
  house.secrets.add(data)
  return data
}

async function partner(house: House): Promise<Bystander> {
  const channel = await channelFrom(house, await partnerOf(house, 'bystander'))
  const name = 'dcs/partner:bystander'
  return {
    system: 'dcs',
    // With a position nothing is missed between the handshake and the first message.
    client: await connect(house, `/ws/${channel}?after=0`, ''),
    tell: (number) =>
      house.call('POST', '/api/publish', {
        channel: name,
        type: 'KYC_STATUS',
        externalUserId: String(number),
        data: { status: 'PASS' },
      }),
    numberOf: (frame) => {
      const { version, externalUserId } = JSON.parse(frame)
      return version === externalUserId ? Number(version) : NaN
    },
  }
}

async function member(house: House): Promise<Bystander> {
  const token = await house.token('jive', 'bystander', { families: ['bystanders'] })
  return {
    system: 'jive',
    client: await connect(house, `/jive/ws?token=${token}`, 'Connected'),
    tell: (number) =>
      house.call('POST', '/api/publish', {
        channel: 'jive/family:bystanders',
        type: 'Notification',
        data: { level: 'info', title: String(number), message: 'm' },
      }),
    numberOf: (frame) => {
      const { type, data } = JSON.parse(frame)
      return type === 'Notification' ? Number(data.title) : null
    },
    answerTo: (frame) => (frame === '{"type":"Ping"}' ? '{"command":"Pong"}' : null),
  }
}

async function merchant(house: House): Promise<Bystander> {
  // No operator: those hear alerts of what others do wrong.
  const shop = { name: 'Shop', status: 'onboarded', administrators: ['bystander'] }
  await house.call('PUT', '/api/locallife/merchants/bystander', shop)
  const token = await house.token('locallife', 'bystander')
  return {
    system: 'locallife',
    client: await connect(house, `/v1/ws?token=${token}`, ''),
    tell: (number) =>
      house.call('POST', '/api/publish', {
        channel: 'locallife/merchant:bystander',
        type: 'notification',
        data: { title: String(number), content: 'c' },
      }),
    numberOf: (frame) => {
      const { sequence, data } = JSON.parse(frame)
      return Number(data.title) === sequence ? sequence : NaN
    },
    answerTo: (frame) =>
      JSON.stringify({ type: 'ack', data: { message_id: JSON.parse(frame).data.message_id } }),
  }
}

async function trader(house: House): Promise<Bystander> {
  // Prices are told from the moment the exchange is connected.
  while (house.exchange.open === 0) await Bun.sleep(5)
  return {
    system: 'pledge',
    client: await connect(house, '/api/v21/price', ''),
    tell: (number) => house.exchange.tell(symbol, String(number)),
    numberOf: (frame) => {
      const { code, data } = JSON.parse(frame)
      return code === 0 ? Number(data) : null
    },
  }
}

/** Hears what is put into its purse, a cent each time, beside the game. */
async function player(house: House): Promise<Bystander> {
  const token = await house.token('crash', 'bystander')
  const path = '/api/wallets/bystander/credit'
  const isOdd = gameWatch()
  return {
    system: 'crash',
    client: await connect(house, `/crash/ws?token=${token}`, 'auth-init'),
    tell: (number) => house.call('POST', path, { amount: '0.01', tx_id: `number-${number}` }),
    numberOf: (frame) => {
      const { i, t, p } = JSON.parse(frame)
      if (isOdd(i, t, p)) return NaN
      return t === 'BALANCE_UPDATE' ? Math.round(Number(p.balance) * 100) : null
    },
  }
}

/** Looks at every event of the game: true for one that comes twice, too late, or out of its order. */
function gameWatch(): (id: string, type: string, payload: any) => boolean {
  let event = 0
  let multiplier = 0
  return (id, type, payload) => {
    if (type === 'CRASH_PHASE_CHANGE') multiplier = 0
    const number = /^evt-(\d+)$/.exec(id)?.[1]
    if (number === undefined) return false
    const isLater = Number(number) > event
    event = Number(number)
    if (type !== 'CRASH_MULTIPLIER_UPDATE') return !isLater
    const rises = payload.multiplier >= multiplier
    multiplier = payload.multiplier
    return !isLater || !rises
  }
}
