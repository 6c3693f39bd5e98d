import { clock, sleep } from './time.ts'

/** Calls `send` with 0, 1, 2, … at an even rate, whatever the answers take; ends with the last answer and tells how many a second it came to. */
export async function evenly(
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
  send: (index: number) => Promise<void>,
): Promise<number> {
  const total = Math.round(rate * seconds)
  const answers: Promise<void>[] = []
  const startedAt = clock.elapsed()
  while (answers.length < total) {
    const due = Math.min(total, Math.ceil(((clock.elapsed() - startedAt) * rate) / 1000))
    while (answers.length < due) answers.push(send(answers.length))
    await sleep(1)
  }
  await Promise.all(answers)
  return (total * 1000) / (clock.elapsed() - startedAt)
}
