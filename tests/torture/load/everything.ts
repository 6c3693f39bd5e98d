import type { Context, Env, Served } from '../context.ts'
import { banking } from './banking.ts'
import type { Work } from './deeds.ts'
import { gambling } from './gambling.ts'
import { none } from './http.ts'
import { publishing } from './publishing.ts'
import { openWechat, shopping } from './shopping.ts'
import { wallets } from './wallets.ts'

/** All five systems at work at once, and what must be true of them after whatever happened. */
export interface Load {
  /** Settings of the server that they are for. */
  readonly env: Env
  /** Makes what they need, on the first server. */
  prepare(url: string): Promise<void>
  /** Works until `halt` is called. */
  begin(url: string): Working
  /** Asks again for everything that got no answer, and judges all that was ever answered. */
  judge(url: string): Promise<void>
  /** Judges a server that was put back to an instant, epoch ms: what was answered before is there. */
  judgeAt(url: string, before: number): Promise<void>
  /** One figure for each kind of work. */
  figures(): string
  stop(): Promise<void>
}

/** Work that goes on. */
export interface Working {
  /** Begins nothing more; resolves once nothing is on its way. */
  halt(): Promise<void>
}

/** Everything at once; `size` 1 is some 500 requests a second, each of them sent `copies` times at once. */
export async function everything(context: Context, size = 1, copies = 1): Promise<Load> {
  const { wechat, env } = await openWechat()
  const many = (count: number) => Math.max(1, Math.round(count * size))
  const players = Array.from({ length: many(10) }, (_, index) => `player-${index}`)
  const { random, folder } = context
  const works: readonly Work[] = [
    publishing(random('publish'), many(3), copies),
    banking(random('book'), many(3), copies),
    shopping(random('shop'), wechat, many(3), copies),
    wallets(random('wallet'), players, many(2), copies),
    gambling(random('bet'), players, folder, copies),
  ]
  return {
    // Answers to commands are read from the disk however long a run takes.
    env: { ...env, FANFARE_CRASH_IDEMPOTENCY_WINDOW: '1d' },
    async prepare(url) {
      for (const work of works) await work.prepare(url)
    },
    begin(url) {
      let halted = false
      const working = works.map((work) => work.work(url, () => halted))
      return {
        async halt() {
          halted = true
          await Promise.all(working)
        },
      }
    },
    async judge(url) {
      for (const { name, settling, deeds, verify } of works) {
        await settling?.(url)
        await deeds.settle(url)
        none(`answers of "${name}" have changed`, deeds.faults)
        await verify(url)
      }
    },
    async judgeAt(url, before) {
      for (const { holds } of works) await holds?.(url, before)
    },
    figures() {
      const figure = ({ name, deeds: { counts } }: Work) =>
        `${name} ${counts.done}+${counts.refused} (${counts.settled} settled)`
      return works.map(figure).join(', ')
    },
    stop: () => wechat.stop(),
  }
}

/** Fails unless the audit of a folder finds nothing, beside a server or without one. */
export async function audited({ fanfare }: Context, env?: Env): Promise<void> {
  const { exitCode, out, err } = await fanfare(['crash', 'audit'], env)
  if (exitCode !== 0) throw new Error(`The audit ended with ${exitCode}: ${out} ${err}`)
}

/** Stops a server in peace, which must succeed. */
export async function ended(served: Served): Promise<void> {
  const exitCode = await served.stop()
  if (exitCode !== 0) throw new Error(`SIGTERM ended it with ${exitCode}`)
}
