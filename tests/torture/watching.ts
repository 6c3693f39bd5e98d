import { TestClient } from '../fixture.ts'
import { tokenFor } from './load/audience.ts'
import { historyOf } from './load/http.ts'

/** Somebody who only listens to what need not be kept, and to the rounds of the game. */
export interface Watching {
  /** How much was heard so far, and the longest silence between two prices, in ms. */
  heard(): { prices: number; rounds: number; silence: number }
  leave(): void
}

/** Listens to the prices of pledge and, as a spectator, to crash. */
export async function watch(url: string): Promise<Watching> {
  const base = url.replace('http', 'ws')
  const prices = await TestClient.open(`${base}/pledge/ws`)
  const game = await TestClient.open(`${base}/crash/ws`)
  const counts = { prices: 0, rounds: 0, silence: 0 }
  let heardAt = performance.now()
  prices.socket.addEventListener('message', ({ data }) => {
    if (!String(data).includes('"code":0')) return
    const now = performance.now()
    counts.prices++
    counts.silence = Math.max(counts.silence, now - heardAt)
    heardAt = now
  })
  const pinging = setInterval(() => prices.send('ping'), 5_000)
  game.socket.addEventListener('message', ({ data }) => {
    if (String(data).includes('"CRASH_ROUND_END"')) counts.rounds++
  })
  return {
    heard: () => ({ ...counts }),
    leave() {
      clearInterval(pinging)
      for (const client of [prices, game]) client.socket.terminate()
    },
  }
}

/** How long a player of crash waits for the answer to a ping, in ms; what else it has heard is gone. */
export async function pong(player: TestClient): Promise<number> {
  const asked = performance.now()
  player.send('0')
  await player.until(() => player.frames.includes('1'), 'pong')
  player.frames.length = 0
  return performance.now() - asked
}

/** Somebody of a family of jive who stays connected and notes down what is told. */
export interface Listening {
  /** Throws unless exactly what is kept was told, each message once and in order: nothing that was not kept, and nothing kept in silence. */
  judge(): Promise<void>
}

/** Listens to the messages that a load publishes to `jive/family:notes`, from the first one on. */
export async function listen(url: string): Promise<Listening> {
  const token = await tokenFor('jive', 'lisa', { families: ['notes'] })
  const client = await TestClient.open(
    `${url.replace('http', 'ws')}/jive/ws?token=${token}&after=0`,
  )
  const told: string[] = []
  client.socket.addEventListener('message', ({ data }) => {
    const { type, id } = JSON.parse(String(data)) as { type: string; id?: string }
    if (type === 'Ping') client.send({ command: 'Pong' })
    if (id !== undefined) told.push(id)
  })
  return {
    async judge() {
      const kept = (await historyOf(url, 'jive/family:notes')).map(({ id }) => id)
      await eventually('everything kept is told', () => told.length >= kept.length).catch(() => {})
      const wrong = kept.findIndex((id, place) => told[place] !== id)
      const seen = { kept: kept.length, told: told.length, wrong, closed: client.closed }
      must(wrong < 0 && told.length === kept.length, 'Told is not what is kept', seen)
      client.socket.terminate()
    },
  }
}

/** What /readyz of an internal listener answers. */
export async function readiness(internal: string): Promise<{ status: number; checks: any }> {
  const answer = await fetch(`${internal}/readyz`)
  const { checks } = (await answer.json()) as { checks: unknown }
  return { status: answer.status, checks }
}

/** The value of a metric by its full name with labels; the sum over its series when only the name is given, 0 when there is none. */
export async function metric(internal: string, name: string): Promise<number> {
  const text = await (await fetch(`${internal}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`fanfare_${name}`))
  const series = lines.filter((line) => /^[ {]/.test(line.slice(`fanfare_${name}`.length)))
  return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

/** Memory of a process that is not shared with the disk's cache, in MB. */
export async function megabytes(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text()
  return Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024
}

/** Waits for something that must come; what is promised within seconds gets five times as long. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience = 30_000,
): Promise<void> {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > patience) throw new Error(`It does not happen that ${what}`)
    await Bun.sleep(50)
  }
}

/** Fails with what was seen unless something holds. */
export function must(holds: boolean, what: string, seen: unknown): void {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`)
}
