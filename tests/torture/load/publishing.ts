import type { Random } from '../random.ts'
import { createDeeds, doneBefore, keepAt, type Deed, type Work } from './deeds.ts'
import { answered, historyOf, none, request, wanted, type Recorded } from './http.ts'

/** A message of ours: whoever reads it can tell which one it is. */
interface Note {
  readonly channel: string
  readonly mark: string
}

/** A backend that publishes to jive, dcs and locallife, alone and in batches over several of them, each with an idempotency key. */
export function publishing(random: Random, writers: number, copies = 1): Work {
  const deeds = createDeeds(random, copies)
  /** What each deed asked for. */
  const notes = new Map<string, readonly Note[]>()
  const channels = ['jive/family:notes', 'dcs/partner:acme', 'locallife/merchant:tea']
  let count = 0

  async function publish(url: string): Promise<void> {
    const name = `publish-${count++}`
    const length = random() < 0.3 ? random.whole(2, 12) : 1
    const mine = Array.from({ length }, (_, index) => ({
      channel: random.one(channels),
      mark: `${name}.${index}`,
    }))
    notes.set(name, mine)
    const messages = mine.map(messageOf)
    const single = length === 1
    const path = single ? '/api/publish' : '/api/publish/batch'
    const body = { ...(single ? messages[0] : { messages }), idempotencyKey: name }
    await deeds.attempt(url, name, async (at) => answered(await request(at, { path, body })))
  }

  return {
    name: 'publish',
    deeds,
    async prepare(url) {
      await wanted(url, { method: 'PUT', path: '/api/dcs/partners/acme' })
      const merchant = { name: 'Tea', status: 'onboarded', administrators: ['tom'] }
      const path = '/api/locallife/merchants/tea'
      await wanted(url, { method: 'PUT', path, body: merchant })
    },
    async work(url, halted) {
      await keepAt(Array(writers).keys(), () => publish(url), { halted, rest: () => random() * 20 })
    },
    async verify(url) {
      const expected = placedBy(doneBefore(deeds, Infinity))
      for (const channel of channels) {
        const mine = expected.filter((note) => note.channel === channel)
        const history = await historyOf(url, channel)
        judge(channel, history, mine)
        if (history.length === mine.length) continue
        throw new Error(`${channel} has ${history.length} messages, ${mine.length} were done`)
      }
      const inbox = (await historyOf(url, 'locallife/user:tom')).map(markOf).sort()
      const told = expected.filter(({ channel }) => channel === 'locallife/merchant:tea')
      const marks = told.map(({ mark }) => mark).sort()
      if (inbox.join() !== marks.join()) throw new Error('The inbox is not what was published')
    },
    async holds(url, before) {
      const expected = placedBy(doneBefore(deeds, before))
      for (const channel of channels) {
        const mine = expected.filter((note) => note.channel === channel)
        judge(channel, await historyOf(url, channel), mine)
      }
    },
  }

  /** Messages with the places that the answers told. */
  function placedBy(done: readonly Deed[]) {
    return done.flatMap(({ name, answer }) => placed(notes.get(name)!, answer!.text))
  }
}

function messageOf({ channel, mark }: Note): Record<string, unknown> {
  if (channel.startsWith('dcs')) {
    return { channel, type: 'KYC_STATUS', externalUserId: mark, data: { status: 'PASS' } }
  }
  if (channel.startsWith('jive')) {
    const data = { level: 'info', title: mark, message: 'torture' }
    return { channel, type: 'Notification', data }
  }
  return { channel, type: 'notification', data: { title: mark, content: 'torture' } }
}

function markOf({ data, meta }: Recorded): string {
  return meta?.externalUserId ?? data.title
}

/** The notes of a deed with the places that its answer told. */
function placed(notes: readonly Note[], text: string) {
  const answer = JSON.parse(text.slice('200 '.length))
  const results = (answer.results ?? [answer]) as { id: string; version: number }[]
  return notes.map((note, index) => ({ ...note, ...results[index]! }))
}

function judge(
  channel: string,
  history: readonly Recorded[],
  expected: readonly (Note & { id: string; version: number })[],
): void {
  const wrong = expected.filter(({ id, version, mark }) => {
    const found = history[version - 1]
    return found === undefined || found.id !== id || markOf(found) !== mark
  })
  none(`acknowledged messages are not in ${channel} as they were told`, wrong)
}
