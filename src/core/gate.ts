/** Lets a bounded number of pieces of work through at a time, first come, first served. */
export type Gate = <Result>(work: () => Promise<Result>) => Promise<Result>

/** A gate that is `width` wide. */
export function createGate(width: number): Gate {
  const queue: (() => void)[] = []
  let inside = 0

  async function enter(): Promise<void> {
    if (inside < width) return void inside++
    // Whoever leaves hands its place over, so nobody who comes later can take it.
    await new Promise<void>((resolve) => queue.push(resolve))
  }

  function leave(): void {
    const next = queue.shift()
    if (next === undefined) inside--
    else next()
  }

  return async (work) => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
