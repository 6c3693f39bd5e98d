import type { Clock } from './clock.ts'
import { RequestError } from './error.ts'

/** A promise with what keeps and breaks it, where `Promise.withResolvers` is missing too: Node 20, mini-programs, browsers of 2023. */
export function promiseToKeep<Value>(): PromiseWithResolvers<Value> {
  let resolve!: PromiseWithResolvers<Value>['resolve']
  let reject!: PromiseWithResolvers<Value>['reject']
  const promise = new Promise<Value>((keep, fail) => {
    resolve = keep
    reject = fail
  })
  return { promise, resolve, reject }
}

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
  late: () => void,
): { readonly asked: Asked<Answer>; readonly answer: Promise<Answer> } {
  const { promise, resolve, reject } = promiseToKeep<Answer>()
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
