import { Refusal } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import type { Codec } from '../../core/protocol.ts'

/** Frames of this system (L9–L11): `{type, data, timestamp}` both ways, recorded ones with their `id` and the user's `sequence`. */
export const codec: Codec = {
  versioned: true,
  /** The data of a request is its whole frame: some clients put the fields of an acknowledgement beside its type (L11). */
  decode(frame) {
    const parsed = parseJson(frame, [], 'BAD_FRAME')
    if (typeof parsed !== 'object' || parsed === null || !('type' in parsed)) throw badFrame()
    const { type } = parsed
    if (typeof type !== 'string') throw badFrame()
    return { id: null, name: type, data: parsed }
  },
  message({ id, version, type, body, at }) {
    const open = body === '{}' ? '{' : `${body.slice(0, -1)},`
    const data = `${open}"message_id":"${id}"}`
    return `{"type":"${type}","id":"${id}","sequence":${version},"data":${data},"timestamp":"${timestamp(at)}"}`
  },
  /** Commands return whole frames. */
  reply: (_, answer) => answer as string,
  refusal: ({ code, message }, _, at) => frame('error', { code, message }, at),
}

/** A frame that is in nobody's inbox: it has neither id nor sequence; `at` in epoch ms. */
export function frame(type: string, data: Readonly<Record<string, unknown>>, at: number): string {
  return `{"type":"${type}","data":${JSON.stringify(data)},"timestamp":"${timestamp(at)}"}`
}

/** RFC 3339 in UTC and whole seconds, the form of the original's samples (L9). */
function timestamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function badFrame(): Refusal {
  return new Refusal('BAD_FRAME', 'Expected {"type": …, "data": …}')
}
