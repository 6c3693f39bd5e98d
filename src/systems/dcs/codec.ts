import type { Codec } from '../../core/protocol.ts'
import type { Message } from '../../core/store.ts'

/** The name that every frame of a client is read under: none means anything here. */
export const ignored = 'ignored'

/** Frames go out alone (D8, D10); what a client sends is a sign of life and nothing else. */
export const codec: Codec = {
  decode: () => ({ id: null, name: ignored, data: null }),
  message: frame,
  versioned: true,
  reply: () => null,
  refusal: () => null,
}

/** The text of a recorded message (D10), the same live, in a replay and in a search: version and time are strings. */
export function frame({ type, at, version, meta, body }: Message): string {
  const user = JSON.stringify(meta?.['externalUserId'] ?? '')
  return `{"type":"${type}","timestamp":"${at}","version":"${version}","externalUserId":${user},"data":${body}}`
}
