import { Refusal } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import type { Codec } from '../../core/protocol.ts'
import type { Event } from './events.ts'

/** The dialect of clients that connected with `?after=`: recorded messages carry their id. */
export const withIds = 'ids'

/** Frames of this system (J6, J7): `{command, data}` in, `{type, data}` out. */
export const codec: Codec = {
  decode(frame) {
    const parsed = parseJson(frame, [], 'BAD_FRAME')
    if (typeof parsed !== 'object' || parsed === null || !('command' in parsed)) throw badFrame()
    const { command, data } = parsed as { command: unknown; data?: unknown }
    if (typeof command !== 'string') throw badFrame()
    return { id: null, name: command, data }
  },
  message({ id, type, body }, dialect) {
    if (dialect !== withIds || id === '') return frame({ type, body })
    return `{"type":"${type}","id":"${id}","data":${body}}`
  },
  /** Commands return whole frames. */
  reply: (_, answer) => answer as string,
  refusal: ({ code, message }) => frame({ type: 'Error', body: JSON.stringify({ code, message }) }),
}

/** A frame with data. */
export function frame({ type, body }: Event): string {
  return `{"type":"${type}","data":${body}}`
}

/** The server's sign that it lives, tagged by its type alone (J8). */
export const ping = '{"type":"Ping"}'
/** The answer to a client's Ping, tagged by its type alone (J8). */
export const pong = '{"type":"Pong"}'

function badFrame(): Refusal {
  return new Refusal('BAD_FRAME', 'Expected {"command": …, "data": …}')
}
