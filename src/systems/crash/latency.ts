import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import { Refusal } from '../../core/errors.ts'
import type { Codec, Command, Frame, MaybePromise, Request } from '../../core/protocol.ts'

/** Where frames pass through: each `run` in its turn, at once or later, never before one that came earlier. `since`: when it set out (monotonic ms), now when absent. */
export type Line = (run: () => void, since?: number) => void

/** A line without a delay. */
export const direct: Line = (run) => run()

/** A simulated network (K31): how long a frame takes, and how much more or less at random, ms. */
export interface Latency {
  readonly delay: number
  readonly jitter: number
}

/** A line on which everything takes its time and nothing overtakes anything; `random` from 0 up to but not 1. */
export function slowLine(
  { delay, jitter }: Latency,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Line {
  const under: (() => void)[] = []
  let last = 0
  return (run, since = clock.elapsed()) => {
    last = Math.max(last, since + delay + jitter * (2 * random() - 1))
    under.push(run)
    // Two timers of one millisecond may go off in either order.
    clock.after(last - clock.elapsed(), () => under.shift()?.())
  }
}

/** What delayed commands work with. */
export interface DelayParts {
  readonly clock: Clock
  readonly codec: Codec
  /** What clients send, and what they are sent. */
  readonly inward: Line
  readonly outward: Line
}

/** Commands whose frames arrive late and whose answers leave late; what the core itself refuses, a bad shape or rate, leaves at once. */
export function delayed<Session>(
  commands: ReadonlyMap<string, Command<Session>>,
  { clock, codec, inward, outward }: DelayParts,
): ReadonlyMap<string, Command<Session>> {
  return new Map([...commands].map(([name, one]) => [name, late(one)]))

  function late(command: Command<Session>): Command<Session> {
    return {
      ...command,
      async run(connection: Connection<Session>, data: never, request: Request) {
        await new Promise<void>((resolve) => inward(resolve, request.receivedAt))
        const arrived = { ...request, receivedAt: clock.elapsed() }
        const answer = await answerOf(arrived, () => command.run(connection, data, arrived))
        if (answer !== null) outward(() => connection.send(answer))
      },
    }
  }

  async function answerOf(
    request: Request,
    run: () => MaybePromise<unknown>,
  ): Promise<Frame | null> {
    try {
      const answer = await run()
      return answer === undefined ? null : codec.reply(request, answer)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return codec.refusal(error, request, clock.now())
    }
  }
}
