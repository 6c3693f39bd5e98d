import type { Clock } from './clock.ts'
import { RequestError } from './error.ts'

/** A request that waits for its answer. */
export interface Asked<Answer> {
  readonly text: string
  settle(answer: Answer): void
  fail(error: Error): void
}

/** A request and the promise of its answer, which fails with TIMEOUT after `ms`; then `late` is called. */
export function ask<Answer>(
  text: string,
  clock: Clock,
  ms: number,
  late = () => {},
): { readonly asked: Asked<Answer>; readonly answer: Promise<Answer> } {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const stop = clock.after(ms, () => {
    late()
    reject(new RequestError('TIMEOUT', `No answer within ${ms} ms; what became of it is unknown`))
  })
  return {
    answer: promise,
    asked: {
      text,
      settle(answer) {
        stop()
        resolve(answer)
      },
      fail(error) {
        stop()
        reject(error)
      },
    },
  }
}
