import type { Random } from '../random.ts'
import { partner, tokenFor, type Partner } from './audience.ts'
import { openLine, type Line } from './line.ts'

/** A kind of reader: where it connects, and what a frame tells it. */
interface Kind {
  readonly system: string
  /** What the frames it follows are recorded in. */
  readonly history: string
  /** Where it goes on behind a position. */
  address(url: string, position: string): Promise<string>
  /** What is heard, null when the frame is of another kind; `answer` is sent back. */
  read(frame: any): { position: string; mark: string; answer?: unknown } | null
  /** Whether a position is the very next one; what was there before is null when the server may skip numbers. */
  readonly follows: ((position: string, last: string) => boolean) | null
  /** Whether everything that was ever recorded may be asked for. */
  readonly fromTheStart: boolean
}

/** Of one reader at a time: each takes a descriptor on both sides. */
const mostVanished = 10

/** Somebody who is cut off again and again and comes back with the last position. */
export interface Reader {
  readonly system: string
  readonly history: string
  /** Everything that was heard since its position was 0, once, in order. */
  readonly seen: readonly string[]
  /** What must not have happened: gaps, refusals. */
  readonly complaints: readonly string[]
  readonly counts: { cuts: number; repeats: number; forgot: number }
  /** Reads until `halted`; the address of the server may change meanwhile, null while there is none. */
  read(url: () => string | null, halted: () => boolean): Promise<void>
  /** Reads without cutting itself off until everything was heard, or nothing more comes for `patienceMs`. */
  catchUp(url: string, total: number, patienceMs: number): Promise<void>
}

/** Readers of jive, dcs and locallife, so many of each; they follow what `publishing` publishes. */
export async function readers(url: string, each: number, random: Random): Promise<Reader[]> {
  const acme = await partner(url, 'acme')
  const kinds = [await jive(), dcs(acme, random), await locallife()]
  return kinds.flatMap((kind) => Array.from({ length: each }, () => readerOf(kind, random)))
}

async function jive(): Promise<Kind> {
  const token = await tokenFor('jive', 'rea', { families: ['notes'] })
  return {
    system: 'jive',
    history: 'jive/family:notes',
    address: async (url, after) => `${url}/jive/ws?token=${token}&after=${after}`,
    read: ({ type, id, data }) =>
      type === 'Notification' ? { position: id, mark: data.title } : null,
    follows: null,
    fromTheStart: true,
  }
}

function dcs(acme: Partner, random: Random): Kind {
  let channel: string | null = null
  const follows = (version: string, last: string) => Number(version) === Number(last) + 1
  return {
    system: 'dcs',
    history: 'dcs/partner:acme',
    async address(url, after) {
      // A fetch ends the channel of all others, who then come back, too.
      if (channel === null || random() < 0.1) {
        channel = await acme.channel(url.replace('ws', 'http'))
      }
      return `${url}/ws/${channel}?after=${after}`
    },
    read: ({ version, externalUserId }) => ({ position: version, mark: externalUserId }),
    follows,
    fromTheStart: true,
  }
}

async function locallife(): Promise<Kind> {
  const token = await tokenFor('locallife', 'tom')
  return {
    system: 'locallife',
    history: 'locallife/user:tom',
    address: async (url, after) => `${url}/v1/ws?token=${token}&last_sequence=${after}`,
    read: ({ sequence, data }) =>
      sequence === undefined
        ? null
        : {
            position: `${sequence}`,
            mark: data.title,
            answer: { type: 'ack', data: { message_id: data.message_id } },
          },
    follows: (sequence, last) => Number(sequence) === Number(last) + 1,
    // Of an inbox the newest 200 wait.
    fromTheStart: false,
  }
}

function readerOf(kind: Kind, random: Random): Reader {
  const seen: string[] = []
  const complaints: string[] = []
  const counts = { cuts: 0, repeats: 0, forgot: 0 }
  let position = '0'
  /** The connection whose frames count; those of an earlier one reach nobody. */
  let current: symbol

  async function open(url: string): Promise<Line> {
    const mine = (current = Symbol('connection'))
    const address = await kind.address(url.replace('http', 'ws'), position)
    return openLine(address, (text, line) => {
      if (current === mine) hear(JSON.parse(text), line)
    })
  }

  function hear(frame: any, line: Pick<Line, 'send'>): void {
    if (frame.type === 'history_gap' || frame.data?.code === 'HISTORY_GONE') {
      complaints.push(JSON.stringify(frame))
    }
    const found = kind.read(frame)
    if (found === null) return
    if (found.answer !== undefined) line.send(JSON.stringify(found.answer))
    if (Number(found.position) <= Number(position)) return void counts.repeats++
    if (kind.follows?.(found.position, position) === false) {
      complaints.push(`${found.position} came after ${position}`)
    }
    position = found.position
    seen.push(found.mark)
  }

  /** It has lost its notes, and needs page after page while others go on. */
  function forget(): void {
    position = '0'
    seen.length = 0
    counts.forgot++
  }

  /** No server, one that starts, and a channel that another one has ended are no news; that nobody knows it any more would be. */
  function refusal({ message }: Error): null {
    if (/refused: \S+ (?!410|503)/.test(message)) complaints.push(message)
    return null
  }

  return {
    system: kind.system,
    history: kind.history,
    seen,
    complaints,
    counts,
    async read(url, halted) {
      const vanished: Line[] = []
      while (!halted()) {
        const address = url()
        const line = address === null ? null : await open(address).catch(refusal)
        if (line === null) {
          await Bun.sleep(20)
          continue
        }
        await Promise.race([line.ended, Bun.sleep(random.one([5, 50, 400]) * (0.5 + random()))])
        current = Symbol('nothing')
        counts.cuts++
        const way = random.one(['reset', 'finish', 'vanish'] as const)
        if (way === 'vanish') {
          // It reads no more and says nothing: for the server it is still there.
          line.pause()
          vanished.push(line)
          if (vanished.length > mostVanished) vanished.shift()!.reset()
        } else line[way]()
        if (kind.fromTheStart && random() < 0.01) forget()
      }
      for (const line of vanished) line.reset()
    },
    async catchUp(url, total, patienceMs) {
      let line: Line | null = null
      for (let waited = 0; seen.length < total && waited < patienceMs; waited += 20) {
        // Another one may have fetched a new channel, in between, too.
        if (line === null || line.closed !== null) line = await open(url).catch(() => null)
        await Bun.sleep(20)
      }
      // Whatever comes too much comes now.
      await Bun.sleep(100)
      current = Symbol('nothing')
      line?.finish()
    },
  }
}
