import { signToken } from '../../../src/core/auth.ts'
import { secret, serverKey, TestClient } from '../../fixture.ts'
import { program } from '../../program.ts'

/** A command that was sent, and its answer; null as long as there is none. */
export interface Asked {
  readonly player: string
  readonly frame: { readonly i: string; readonly t: string; readonly p: unknown }
  answer: { readonly t: string; readonly p: any } | null
}

/** A whole server as a process of its own, with short phases. */
export async function serve(dir: string, env: Record<string, string> = {}) {
  const child = Bun.spawn([...program, 'serve', '--dev'], {
    cwd: dir,
    env: {
      PATH: process.env['PATH'],
      FANFARE_SYSTEMS: 'crash',
      FANFARE_LISTEN: '127.0.0.1:0=*',
      FANFARE_INTERNAL: '127.0.0.1:0',
      FANFARE_DATA_DIR: dir,
      FANFARE_AUTH_SECRET: secret,
      FANFARE_SERVER_KEY: serverKey,
      FANFARE_CRASH_BETTING: '400ms',
      FANFARE_CRASH_WAITING: '200ms',
      FANFARE_CRASH_CURVE: 'exp:0.002',
      FANFARE_CRASH_CHAIN_LENGTH: '1000',
      FANFARE_CRASH_RATES: 'bet=1000 cash_out=1000 state=1000 other=1000',
      ...env,
    },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const address = Promise.withResolvers<string>()
  void read()
  return { child, url: await address.promise }

  async function read(): Promise<void> {
    let out = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += chunk
      const found = /"listening","url":"(\S+?)"/.exec(out)
      if (found !== null && out.includes('"systems":"internal"')) address.resolve(found[1]!)
    }
    address.reject(new Error(`The server ended: ${out}`))
  }
}

/** Somebody at the table; everything that was sent is in `asked`. */
export async function sitDown(url: string, player: string, asked: Asked[]) {
  const exp = Math.floor(Date.now() / 1_000) + 600
  const token = await signToken({ sub: player, aud: 'crash', exp }, secret)
  const client = await TestClient.open(`${url.replace('http', 'ws')}/crash/ws?token=${token}`)
  /** By `i`, in the order of asking: the same may be asked twice before its answer has come. */
  const waiting = new Map<string, ((answer: Asked['answer']) => void)[]>()
  let phase = (await client.next()).p.phase
  const { balance } = (await client.next()).p
  const heard: ((t: string, p: any) => void)[] = []
  client.socket.addEventListener('message', ({ data }) => {
    const { i, t, p } = JSON.parse(String(data))
    if (t === 'CRASH_PHASE_CHANGE') phase = p.phase
    waiting.get(i)?.shift()?.({ t, p })
    for (const hear of heard) hear(t, p)
  })
  client.socket.addEventListener('close', () => {
    for (const answer of [...waiting.values()].flat()) answer(null)
  })
  return {
    player,
    /** What it was told when it came. */
    balance: Math.round(Number(balance) * 100),
    phase: (): string => phase,
    isClosed: () => client.closed !== null,
    heard,
    /** Null when the connection ends before the answer. */
    say(frame: Asked['frame']): Promise<Asked['answer']> {
      const one: Asked = { player, frame, answer: null }
      asked.push(one)
      return new Promise((resolve) => {
        const before = waiting.get(frame.i) ?? []
        waiting.set(frame.i, [...before, (answer) => resolve((one.answer ??= answer))])
        if (client.closed === null) client.send(frame)
        else resolve(null)
      })
    },
    leave: () => client.socket.terminate(),
  }
}

/** Somebody who plays. */
export type Gambler = Awaited<ReturnType<typeof sitDown>>

/** What may be asked in a phase, at random. */
export function whim(phase: string, i: string, random = Math.random): Asked['frame'] {
  const slotId = 1 + Math.floor(random() * 3)
  const chance = random()
  if (phase === 'flying' && chance < 0.8) return { i, t: 'CASH_OUT', p: { slotId } }
  if (chance < 0.2) return { i, t: 'CANCEL_BET', p: { slotId: 0 } }
  const bet = { slotId, amount: '1.37', ...(chance < 0.6 && { autoCashOut: '1.20' }) }
  const nextRound = phase !== 'betting' || chance > 0.9
  return { i, t: 'PLACE_BET', p: { crash: { slots: [bet] }, nextRound } }
}
