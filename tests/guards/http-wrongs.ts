import type { Kind } from './http-fields.ts'

const quoted = (...texts: readonly string[]) => texts.map((text) => JSON.stringify(text))
const several = (text: string, count: number) => Array.from({ length: count }, () => text)

/** What is no text, as JSON. */
const noText = [
  'true',
  '1',
  '1e400',
  '-0',
  '[]',
  '{}',
  '["x"]',
  '{"__proto__":"x"}',
  '{"toString":1}',
]
const noObject = ['null', 'true', '1', '"x"', '""', '[]', '["x"]']
const noList = ['null', 'true', '1', '"x"', '{}', '{"length":1}', '{"0":{}}']

/** What is written like an amount and is none: other bases, blanks, exponents, other digits, too many of them. */
const noAmount = [
  ...quoted(
    '',
    ' ',
    '1e3',
    '1E3',
    '0x10',
    '0b1',
    '0o7',
    ' 5',
    '5 ',
    '5\n',
    '\t5',
    '\u00005',
    '5\u0000',
  ),
  ...quoted(
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    'true',
    '+5',
    '--5',
    '-',
    '.',
    '.5',
    '5.',
    '05',
  ),
  ...quoted(
    '1.2.3',
    '1,5',
    '1_000',
    "1'000",
    '$5',
    '5 CNY',
    '½',
    '٥',
    '５',
    '1\u00a0000',
    '0.001',
    '1.000',
  ),
  ...quoted(
    '1'.repeat(16),
    '1'.repeat(20),
    '9007199254740993',
    '9'.repeat(14) + '.99',
    '1'.repeat(3_000),
  ),
  ...quoted('__proto__', '1e400', '5\u2028', '\ufeff5', '5\ud800'),
]
const noNumber = ['true', '[]', '{}', '[1]', '{"valueOf":1}']
const belowZero = quoted('-1', '-0.01', '-0')
const zero = quoted('0', '0.00')
const wrongLiterals = ['1e400', '-1e400', '1e3', '1e-400', '0.001', '9007199254740993', '1.000']
const notWhole = [
  '"1"',
  '""',
  '1.5',
  '-1',
  '1e400',
  '-1e400',
  '1e10',
  '9007199254740993',
  '0.1',
  ...noNumber,
]
const tooLong = (most: number) => quoted('x'.repeat(most + 1))

/** Values that a field of a kind must not have, as JSON. */
export const wrong: Readonly<Record<Kind, readonly string[]>> = {
  anything: noText,
  text: [...noText, ...tooLong(20_000)],
  key: [...noText, '""', ...tooLong(128)],
  id: [
    ...noText,
    ...quoted('', ' ', 'a b', '../x', 'a/b', 'a\u0000', 'a\n', '*', 'é', '\u2028', '\ud800', '%00'),
    ...tooLong(128),
  ],
  choice: [
    ...noText,
    ...quoted('', 'x', '__proto__', 'constructor', 'toString', 'PENDING ', '\u0000', '\ud800'),
    ...tooLong(1_000),
  ],
  sum: [...noAmount, ...noNumber, ...belowZero, ...zero, ...wrongLiterals, '1', '1.5', '-0', '0'],
  signed: [...noAmount, ...noNumber, ...zero, ...wrongLiterals, '"-0"', '0', '0.00', '-0'],
  balance: [...noAmount, ...noNumber, ...wrongLiterals],
  fen: [...notWhole, '1000000001'],
  count: [...notWhole, '0', '100000'],
  ids: [
    ...noList,
    ...['[1]', '[null]', '[["x"]]', '["a b"]', '["x","../y"]', '[{}]', '["\\u0000"]'],
    `[${several('"x"', 501)}]`,
  ],
  list: [...noList, '[]', '[null]', '["x"]', '[[]]', '[1]'],
  object: [...noObject, '{}'],
  txid: [
    ...noText,
    ...quoted('', ' ', 'a b', 'a\u0000', 'a\n', 'é', '\u2028', '\u001b[31m', '\ud800'),
    ...tooLong(128),
  ],
  secret: [...noText, ...quoted('', ' ', 'a b', 'a\u0000', 'a\n', 'é', '\u2028'), ...tooLong(512)],
  hash: [
    ...noText,
    ...quoted('', '0'.repeat(63), '0'.repeat(65), 'g'.repeat(64), `0x${'0'.repeat(62)}`),
  ],
  ratio: [
    ...noNumber,
    ...quoted('', '-1', '0', '0.0000', '0.00001', '1.1', '2', '1e-1', '.5', 'NaN', '0,5', ' 0.5'),
    ...['2', '-1', '0', '1e400', '1e-1', '0.00001'],
  ],
  cap: [
    ...noNumber,
    ...quoted('', '-1', '0', '0.5', '1e3', 'NaN', '1.234', '123456789', '01', ' 5', '1,000'),
    ...['-1', '0', '1e400', '1e3', '1.234', '123456789'],
  ],
}

/** Texts that others choke on, and that are texts all the same. */
export const odd: readonly string[] = [
  'a\u0000b',
  'a\r\nLevel: error',
  '{"level":"error"}\n{"level":"error"}',
  '\u001b[31mred\u001b[0m\u0007',
  'a\u2028b\u2029c',
  '\u202egnp.exe',
  '\ufeffa\u200b',
  'a\ud800b',
  '\udfffa',
  '\u0085\u009b31m',
  '👩‍👩‍👧‍👦 Z̸̡̛a̴l̷g̶o̵',
  '<script>alert(1)</script>',
  "'; DROP TABLE account; --",
  '${jndi:ldap://127.0.0.1/x}',
  '%s%n%p %00',
  '__proto__',
  'constructor',
]

/** The JSON text of a body with another JSON text in place of what stands at a path; undefined takes it away. */
export function withField(body: unknown, path: string, json: string | undefined): string {
  const copy = structuredClone(body) as any
  const keys = path.split('.')
  const last = keys.pop()!
  const holder = keys.reduce((value, key) => value[key], copy)
  const mark = crypto.randomUUID()
  if (json === undefined) delete holder[last]
  else holder[last] = mark
  return JSON.stringify(copy).replace(`"${mark}"`, () => json ?? '')
}
