import type { Appended, Draft, Message } from '../../core/store.ts'
import type { Answer, Call, Outcome } from './batch.ts'

/**
 * A committed message on its way to the main thread. Of a draft that an `append` brought from there only
 * the versions in its further channels come back: id and version are in the answer, the rest never left.
 */
export type Told = Message | readonly number[]

/** The message that a draft has become; `further` are its versions in the channels after the first. */
export function recorded(
  { channels, type, body, at, meta }: Draft,
  { id, version }: { readonly id: string; readonly version: number },
  further: readonly number[],
): Message {
  const [channel, ...names] = new Set(channels)
  if (channel === undefined) throw new Error('A draft names no channel')
  const also = names.map((name, index) => ({ channel: name, version: further[index]! }))
  return {
    id,
    channel,
    version,
    ...(also.length > 0 && { also }),
    type,
    body,
    at,
    ...(meta && { meta }),
  }
}

/** What a batch committed, without what the main thread has. */
export function fold(
  calls: readonly Call[],
  { answers, messages }: Pick<Outcome, 'answers' | 'messages'>,
): Told[] {
  const appended = calls.flatMap(([name], index) =>
    name === 'append' ? newIn(answers[index]!) : [],
  )
  let next = 0
  return messages.map((message) => {
    if (message.id !== appended[next]?.id) return message
    next++
    return message.also?.map(({ version }) => version) ?? []
  })
}

/** What a batch committed, whole again; `drafts` has those of each call, none for what is no `append`. */
export function unfold(
  drafts: readonly (readonly Draft[])[],
  {
    answers,
    messages,
  }: { readonly answers: readonly Answer[]; readonly messages: readonly Told[] },
): Message[] {
  const appended = drafts.flatMap((one, index) => {
    const places = one.length > 0 ? newIn(answers[index]!) : []
    return places.map((place, nth) => ({ draft: one[nth]!, place }))
  })
  let next = 0
  return messages.map((told) => {
    if ('id' in told) return told
    const { draft, place } = appended[next++]!
    return recorded(draft, place, told)
  })
}

/** What an `append` recorded: nothing when it was refused or a repeat. */
function newIn(answer: Answer): Appended['results'] {
  if (!('ok' in answer)) return []
  const { results, repeated } = answer.ok as Appended
  return repeated ? [] : results
}
