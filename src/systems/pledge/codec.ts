import type { Codec } from '../../core/protocol.ts'

/** Frames of this system (P3): `{"code":0,"data":"0.0027"}` is a price. The text `ping` is a command, quoted either way too (P4); everything else is ignored without an answer (P6), binary frames too. */
export const codec: Codec = {
  lenient: true,
  decode: (frame) => ({ id: null, name: pings.has(frame) ? 'ping' : ignored, data: null }),
  message: ({ body }) => `{"code":0,"data":${body}}`,
  /** Commands return whole frames. */
  reply: (_, answer) => answer as string,
  refusal: () => null,
}

/** The name that every frame but a ping is read under: none means anything here (P6). */
export const ignored = 'ignored'

/** The answer to a ping (P4). */
export const pong = '{"code":1,"data":"pong"}'

/** The last frame of a client that has sent no ping for too long (P5). */
export const farewell = '{"code":-1,"data":"heartbeat timeout"}'

/** The texts that are a ping, and nothing else is (P4). */
export const pings: ReadonlySet<string> = new Set(['ping', '"ping"', "'ping'"])
