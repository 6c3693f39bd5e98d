import fc from 'fast-check'
import { frame, op, type Wrongs } from '../hostile/raw.ts'

/** What a fuzzed client sends, as bytes of frames. */
export interface Utterance {
  readonly bytes: readonly Uint8Array[]
  /** A close of its own is among them. */
  readonly closes: boolean
  /** Every frame is one: what is sent behind them is heard. */
  readonly whole: boolean
}

/** JSON texts to be put in place of any value. */
const oddValues = [
  ...['null', 'true', '0', '-0', '-1', '1.5', '1e400', '1e-400', '9007199254740993', '"-1.00"'],
  ...['""', '" "', '"0"', '"1.00"', '"global"', '"__proto__"', '"\\ud800"', '"\\u0000"', '[]'],
  ...['{}', '[[[]]]', '{"__proto__":{"a":1}}', '"constructor"', '"CRASH_STATS"', 'NaN', ''],
  `"${'x'.repeat(5_000)}"`,
  `${'['.repeat(40)}${']'.repeat(40)}`,
  `[${Array.from({ length: 500 }, () => '{}').join()}]`,
]

/** Where a value stands in JSON text: texts (with what says that they are names), numbers, words, and lists and objects without further ones inside. */
const values =
  /"(?:[^"\\]|\\.)*"(?:\s*:)?|-?\d[\d.eE+-]*|true|false|null|\[[^[\]{}]*\]|\{[^[\]{}]*\}/g

/** One change of a text; `at` is where, from 0 to 1. */
type Change = (text: string, at: number) => string

const place = (text: string, at: number) => Math.floor(at * (text.length + 1))

function spliced(text: string, from: number, length: number, put: string): string {
  return text.slice(0, from) + put + text.slice(from + length)
}

function replacedValue(put: string): Change {
  return (text, at) => {
    const found = [...text.matchAll(values)].filter(
      // Neither names nor the whole.
      ([each]) => !each.endsWith(':') && each.length < text.length,
    )
    const one = found[Math.floor(at * found.length)]
    return one === undefined ? put : spliced(text, one.index, one[0].length, put)
  }
}

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(...oddValues).map(replacedValue) },
  fc.string({ unit: 'binary', maxLength: 4 }).map(
    (put): Change =>
      (text, at) =>
        spliced(text, place(text, at), 0, put),
  ),
  fc.integer({ min: 1, max: 12 }).map(
    (length): Change =>
      (text, at) =>
        spliced(text, place(text, at), length, ''),
  ),
  fc.integer({ min: 1, max: 40 }).map((length): Change => (text, at) => {
    const from = place(text, at)
    return spliced(text, from, 0, text.slice(from, from + length))
  }),
  fc.constantFrom<Change>(
    (text) => text + text,
    (text) => `[${text}]`,
    (text) => JSON.stringify(text),
    (text) => text.toUpperCase(),
    (text) => text.replaceAll('"', "'"),
    (text) => text.replaceAll(':', ',').replaceAll(',', ':'),
    (text) => text.slice(0, text.length / 2),
  ),
)

/** From 0 up to but not 1: the beginning is no better place than any other. */
const anywhere = fc.noBias(fc.integer({ min: 0, max: 9_999 })).map((at) => at / 10_000)

/** A frame made of one of the texts, changed up to three times. */
function changed(texts: readonly string[]): fc.Arbitrary<string> {
  const changes = fc.array(fc.tuple(change, anywhere), {
    maxLength: 3,
  })
  return fc
    .tuple(fc.constantFrom(...texts), changes)
    .map(([text, all]) => all.reduce((so, [one, at]) => one(so, at), text))
}

const wrongs: fc.Arbitrary<Wrongs> = fc.record(
  {
    fin: fc.boolean(),
    rsv: fc.integer({ min: 0, max: 7 }),
    masked: fc.boolean(),
    length: fc.constantFrom(0n, 125n, 65_536n, 2n ** 40n, 2n ** 63n),
  },
  { requiredKeys: [] },
)

/** Sequences of frames made of the texts of a wire: most of them whole, some wrong as frames or cut to pieces. */
export function utterances(texts: readonly string[]): fc.Arbitrary<Utterance> {
  const text = changed(texts)
  const whole = text.map((one) => [frame(op.text, one)])
  const pieces = fc.tuple(text, fc.integer({ min: 1, max: 20 })).map(([one, size]) => {
    const bytes = Buffer.from(one).subarray(0, 400)
    const count = Math.max(1, Math.ceil(bytes.length / size))
    return Array.from({ length: count }, (_, index) =>
      frame(index === 0 ? op.text : op.more, bytes.subarray(index * size, (index + 1) * size), {
        fin: index === count - 1,
      }),
    )
  })
  const control = fc
    .tuple(fc.constantFrom(op.ping, op.pong), fc.uint8Array({ maxLength: 125 }))
    .map(([opcode, content]) => [frame(opcode, content)])
  const wrong = fc
    .tuple(fc.integer({ min: 0, max: 15 }), fc.oneof(text, fc.uint8Array()), wrongs)
    .map(([opcode, content, how]) => [frame(opcode, content, how)])
  const good = fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 1, arbitrary: pieces },
    { weight: 1, arbitrary: control },
  )
  const many = { minLength: 1, maxLength: 12 }
  const all = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.array(good, many), fc.constant(true)) },
    { weight: 1, arbitrary: fc.tuple(fc.array(fc.oneof(good, wrong), many), fc.constant(false)) },
  )
  return all.map(([sent, isWhole]) => {
    const bytes = sent.flat()
    const closes = bytes.some((each) => ((each[0] ?? 0) & 0x0f) === op.close)
    return { bytes, closes, whole: isWhole }
  })
}
