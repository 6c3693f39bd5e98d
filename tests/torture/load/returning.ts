import type { Random } from '../random.ts'
import { tokenFor } from './audience.ts'
import { request, wanted } from './http.ts'
import { openLine, type Line } from './line.ts'

/** Somebody at crash and somebody at pledge, who leave and come back and find everything as it is. */
export interface Returning {
  /** What was not as it should be. */
  readonly complaints: readonly string[]
  read(url: () => string | null, halted: () => boolean): Promise<void>
  figures(): string
}

/** A player with 1000.00, and a reader of the price. */
export async function returning(url: string, random: Random): Promise<Returning> {
  const body = { amount: '1000.00', tx_id: 'pia-1' }
  await wanted(url, { path: '/api/wallets/pia/credit', body })
  const token = await tokenFor('crash', 'pia')
  const complaints: string[] = []
  const counts = { players: 0, bets: 0, prices: 0 }
  let turn = 0
  /** The bet that was acknowledged last. */
  let bet: { round: string; slot: number; amount: string } | null = null

  /** Comes back, compares purse and bet with what was, and bets again. */
  async function visit(at: string): Promise<void> {
    const before = await purse(at)
    const table = await sit(`${at.replace('http', 'ws')}/crash/ws?token=${token}`)
    const { balance } = await table.answer('auth-init', null)
    const state = await table.answer(`state-${turn}`, { t: 'GET_STATE', p: {} })
    const after = await purse(at)
    if (before === after && balance !== before) {
      complaints.push(`The purse holds ${before}, the player was told ${balance}`)
    }
    counts.players++
    if (bet !== null && state.roundId === bet.round) {
      const found = state.myBets.find(({ slotId }: { slotId: number }) => slotId === bet!.slot)
      if (found?.amount !== bet.amount) {
        complaints.push(`${JSON.stringify(bet)} is ${JSON.stringify(found)} on coming back`)
      }
      counts.bets++
    }
    if (state.phase === 'betting') await place(table)
    await Bun.sleep(random() * 200)
    table.line[random.one(['reset', 'finish'] as const)]()
  }

  async function place(table: Table): Promise<void> {
    const slot = random.whole(1, 3)
    const slots = [{ slotId: slot, amount: '1.50' }]
    const placed = await table.answer(`bet-${turn}`, { t: 'PLACE_BET', p: { crash: { slots } } })
    if (placed.roundId !== undefined) bet = { round: placed.roundId, slot, amount: '1.50' }
  }

  /** A newcomer hears a price at once, and one that was told over HTTP since it came; the two may cross. */
  async function look(at: string): Promise<void> {
    const told = new Set([await price(at)])
    const heard: string[] = []
    const line = await openLine(`${at.replace('http', 'ws')}/pledge/ws`, (text) => {
      heard.push(JSON.parse(text).data)
    })
    for (let tries = 0; tries < 250 && line.closed === null; tries++) {
      if (heard.some((one) => told.has(one))) {
        counts.prices++
        return line.reset()
      }
      await Bun.sleep(20)
      told.add(await price(at))
    }
    if (line.closed !== null) return
    complaints.push(`The price was ${[...told].join(', ')}, a newcomer heard ${heard.join(', ')}`)
  }

  return {
    complaints,
    figures: () =>
      `${counts.players} returns of a player, ${counts.bets} to an open bet, ${counts.prices} to a price`,
    async read(address, halted) {
      // Until the exchange has told one there is no price to come back to.
      while (!halted() && (await price(address() ?? '').catch(() => null)) === null) {
        await Bun.sleep(50)
      }
      for (; !halted(); turn++) {
        const at = address()
        // What fails here fails because the server is gone; the next one is asked.
        if (at !== null) await Promise.all([visit(at), look(at)]).catch(() => {})
        await Bun.sleep(20)
      }
    },
  }
}

async function purse(url: string): Promise<string> {
  return (await wanted(url, { path: '/api/wallets/pia' })).balance
}

async function price(url: string): Promise<string | null> {
  const answer = await request(url, { path: '/api/v21/price' })
  return answer === null ? null : JSON.parse(answer.text).price
}

/** Rejects once a connection is over. */
async function gone(line: Line): Promise<never> {
  throw new Error(`closed with ${await line.ended}`)
}

interface Table {
  readonly line: Line
  /** Sends a frame, unless it is null, and resolves to the payload that answers it. */
  answer(i: string, frame: { t: string; p: unknown } | null): Promise<any>
}

async function sit(address: string): Promise<Table> {
  const heard = new Map<string, any>()
  let wake = () => {}
  const line = await openLine(address, (text) => {
    const { i, p } = JSON.parse(text)
    heard.set(i, p)
    wake()
  })
  return {
    line,
    async answer(i, frame) {
      if (frame !== null) line.send(JSON.stringify({ i, ...frame }))
      while (!heard.has(i)) {
        const news = new Promise<void>((resolve) => (wake = resolve))
        await Promise.race([news, gone(line)])
      }
      return heard.get(i)
    },
  }
}
