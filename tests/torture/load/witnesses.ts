import { partner, tokenFor } from './audience.ts'
import { historyOf, none, type Recorded } from './http.ts'
import { openLine } from './line.ts'

/** Those who listen at a server until it dies, and remember what they were told. */
export interface Witnesses {
  /** Resolves once their connections are over and everything that was on its way has arrived. */
  gone(): Promise<void>
  /** At the next server: throws unless everything they were told before an instant (epoch ms) is recorded there, at its place and word for word. Resolves to how much that is. */
  judge(url: string, before?: number): Promise<number>
}

/** A frame that was told, with the id or version of its message, and whether a message says the same. */
interface Told {
  readonly history: string
  readonly frame: any
  readonly place: string
  /** Epoch ms, rounded up. */
  readonly at: number
  is(message: Recorded): boolean
}

/** One listener of jive (two families), one of dcs and one of locallife, at what `publishing` and `banking` do. */
export async function witnesses(address: string): Promise<Witnesses> {
  const told: Told[] = []
  const tell = (one: Omit<Told, 'at'>) => void told.push({ ...one, at: Date.now() + 1 })
  const base = address.replace('http', 'ws')
  const families = ['notes', 'books']
  const jive = await tokenFor('jive', 'wit', { families })
  const tom = await tokenFor('locallife', 'tom')
  const channel = await (await partner(address, 'acme')).channel(address)
  const lines = await Promise.all([
    openLine(`${base}/jive/ws?token=${jive}&after=`, (text) => {
      const frame = JSON.parse(text)
      if (frame.id === undefined) return
      const family = frame.type === 'Notification' ? 'notes' : 'books'
      const is = ({ type, data }: Recorded) =>
        type === frame.type && Bun.deepEquals(data, frame.data)
      tell({ history: `jive/family:${family}`, frame, place: `id ${frame.id}`, is })
    }),
    openLine(`${base}/ws/${channel}`, (text) => {
      const frame = JSON.parse(text)
      const is = ({ meta, data }: Recorded) =>
        meta?.externalUserId === frame.externalUserId && Bun.deepEquals(data, frame.data)
      tell({ history: 'dcs/partner:acme', frame, place: `version ${frame.version}`, is })
    }),
    openLine(`${base}/v1/ws?token=${tom}`, (text) => {
      const frame = JSON.parse(text)
      if (frame.sequence === undefined) return
      const is = ({ data }: Recorded) => data.title === frame.data.title
      tell({ history: 'locallife/user:tom', frame, place: `version ${frame.sequence}`, is })
    }),
  ])
  return {
    async gone() {
      await Promise.all(lines.map(({ ended }) => ended))
    },
    async judge(url, before = Infinity) {
      for (const history of new Set(told.map((one) => one.history))) {
        const places = new Map<string, Recorded>()
        for (const message of await historyOf(url, history)) {
          places.set(`id ${message.id}`, message)
          places.set(`version ${message.version}`, message)
        }
        const mine = told.filter((one) => one.history === history && one.at < before)
        const lost = mine.filter(({ place, is }) => {
          const message = places.get(place)
          return message === undefined || !is(message)
        })
        const frames = lost.map(({ frame }) => frame)
        none(`messages of ${history} were told and are not there`, frames)
      }
      return told.length
    },
  }
}
