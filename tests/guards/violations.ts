import { frame, op } from '../hostile/raw.ts'
import { closeWith } from './socket.ts'

/** What a client may not send, and the code that ends its connection; `lenient` where a wire that ignores what it cannot read goes on. */
export interface Violation {
  readonly what: string
  readonly bytes: readonly Uint8Array[]
  readonly code: number
  readonly lenient?: true
}

/** Close codes that no endpoint may send (RFC 6455 section 7.4). */
const forbiddenCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]

/** Violations of RFC 6455 on any wire whose largest frame has `maxFrame` bytes, with what we do not read either. */
export function violations(text: string, maxFrame: number): readonly Violation[] {
  const half = Math.floor(maxFrame / 2) + 1
  return [
    ...framing(text),
    { what: 'a length of 2^63', bytes: [frame(op.text, 'x', { length: 2n ** 63n })], code: 1009 },
    {
      what: 'a length of 2^64 - 1',
      bytes: [frame(op.text, 'x', { length: 2n ** 64n - 1n })],
      code: 1009,
    },
    {
      what: 'a frame one byte too big',
      bytes: [frame(op.text, 'x'.repeat(maxFrame + 1))],
      code: 1009,
    },
    {
      what: 'fragments too big together',
      bytes: [frame(op.text, 'x'.repeat(half), { fin: false }), frame(op.more, 'x'.repeat(half))],
      code: 1009,
    },
    ...forbiddenCodes.map((code) => ({
      what: `the close code ${code}`,
      bytes: [frame(op.close, closeWith(code))],
      code: 1002,
    })),
    { what: 'a close code of one byte', bytes: [frame(op.close, 'x')], code: 1002 },
    {
      what: 'a close reason that is no UTF-8',
      bytes: [frame(op.close, new Uint8Array([3, 232, 255]))],
      code: 1007,
    },
    { what: 'a close without a code', bytes: [frame(op.close)], code: 1005 },
    { what: 'a binary frame', bytes: [frame(op.binary, text)], code: 4400, lenient: true },
    { what: 'an empty binary frame', bytes: [frame(op.binary)], code: 4400, lenient: true },
    {
      what: '33 levels',
      bytes: [frame(op.text, '['.repeat(33) + ']'.repeat(33))],
      code: 4400,
      lenient: true,
    },
    {
      what: '33 levels of objects',
      bytes: [frame(op.text, `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)],
      code: 4400,
      lenient: true,
    },
    {
      what: '100,000 levels',
      bytes: [frame(op.text, '['.repeat(100_000))],
      code: 4400,
      lenient: true,
    },
  ]
}

/** What is wrong with one frame or with the order of several (sections 5.1 to 5.6). */
function framing(text: string): readonly Violation[] {
  const wrong = (what: string, ...bytes: readonly Uint8Array[]) => ({ what, bytes, code: 1002 })
  return [
    wrong('a frame without a mask', frame(op.text, text, { masked: false })),
    wrong('a ping without a mask', frame(op.ping, 'x', { masked: false })),
    wrong('compression nobody agreed on', frame(op.text, text, { rsv: 4 })),
    wrong('reserved bit 2', frame(op.text, text, { rsv: 2 })),
    wrong('reserved bit 3', frame(op.text, text, { rsv: 1 })),
    ...[3, 4, 5, 6, 7].map((one) => wrong(`the reserved opcode ${one}`, frame(one, text))),
    ...[11, 12, 13, 14, 15].map((one) => wrong(`the reserved opcode ${one}`, frame(one))),
    wrong('a ping over 125 bytes', frame(op.ping, 'x'.repeat(126))),
    wrong('a pong over 125 bytes', frame(op.pong, 'x'.repeat(126))),
    wrong('a close over 125 bytes', frame(op.close, `\u0003\u00e8${'x'.repeat(124)}`)),
    wrong('a ping in fragments', frame(op.ping, 'x', { fin: false })),
    wrong('a close in fragments', frame(op.close, closeWith(1000), { fin: false })),
    wrong('a continuation of nothing', frame(op.more, text)),
    wrong('a text inside a text', frame(op.text, '{', { fin: false }), frame(op.text, '}')),
    wrong('a binary inside a text', frame(op.text, '{', { fin: false }), frame(op.binary, '}')),
    wrong(
      'a continuation after the end',
      frame(op.text, '"', { fin: false }),
      frame(op.more, '"'),
      frame(op.more, '"'),
    ),
    ...notUtf8.map(([what, bytes]) => ({
      what,
      bytes: [frame(op.text, new Uint8Array(bytes))],
      code: 1007,
    })),
    {
      what: 'a letter that fragments cut and nothing ends',
      bytes: [
        frame(op.text, new Uint8Array([0xc3]), { fin: false }),
        frame(op.more, new Uint8Array([0x28])),
      ],
      code: 1007,
    },
  ]
}

const notUtf8: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ['bytes that are no UTF-8', [0xc3, 0x28]],
  ['a byte that UTF-8 never has', [0xff]],
  ['half a letter', [0xe2, 0x82]],
  ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
  ['a slash in two bytes', [0xc0, 0xaf]],
  ['a letter above all letters', [0xf4, 0x90, 0x80, 0x80]],
]
