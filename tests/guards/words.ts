import type { Wire } from './wires.ts'

/** Texts that are no frame of any wire that reads JSON. */
export const noFrames: readonly { readonly what: string; readonly text: string }[] = [
  { what: 'nothing', text: '' },
  { what: 'a blank', text: ' ' },
  { what: 'a line end', text: '\n' },
  { what: 'a NUL', text: '\0' },
  { what: 'half a megabyte of blanks', text: ' '.repeat(500_000) },
  { what: 'no JSON', text: 'hello' },
  { what: 'an object that does not end', text: '{"a":1' },
  { what: 'a text that does not end', text: '{"a":"' },
  { what: 'a comma too many', text: '{"a":1,}' },
  { what: 'two objects', text: '{}{}' },
  { what: 'an object and more', text: '{} x' },
  { what: 'a comment', text: '{/* */}' },
  { what: 'names without quotes', text: '{a:1}' },
  { what: 'NaN', text: 'NaN' },
  { what: 'a line end inside a text', text: '{"a":"\n"}' },
  { what: 'null', text: 'null' },
  { what: 'true', text: 'true' },
  { what: 'a number', text: '42' },
  { what: 'a number beyond all numbers', text: '1e400' },
  { what: 'a text', text: '"ping me"' },
  { what: 'half a surrogate', text: '"\\ud800"' },
  { what: 'a list', text: '[]' },
  { what: 'a list of frames', text: '[{"command":"Ping","type":"ping","i":"1","t":"PING"}]' },
  { what: 'an empty object', text: '{}' },
  { what: 'names of other kinds', text: '{"command":1,"type":{},"i":"a","t":null}' },
  { what: 'names in lists', text: '{"command":["Ping"],"type":["ping"],"i":"a","t":["PING"]}' },
  { what: 'a name that is there twice, last as a number', text: twice('"Ping"', '7') },
  { what: '32 levels', text: '['.repeat(32) + ']'.repeat(32) },
  { what: 'brackets inside a text', text: `["${'['.repeat(100)}"]` },
  { what: '40,000 names', text: `{${many(40_000, (n) => `"k${n}":1`)}}` },
  { what: '150,000 empty lists', text: `[${many(150_000, () => '[]')}]` },
]

function twice(first: string, last: string): string {
  const fields = (value: string) => `"command":${value},"type":${value},"i":"a","t":${value}`
  return `{${fields(first)},${fields(last)}}`
}

function many(count: number, one: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => one(index)).join(',')
}

/** Frames that are none because of where their fields stand. */
export function bent({
  harmless,
}: Wire): readonly { readonly what: string; readonly text: string }[] {
  return [
    { what: 'a byte order mark', text: `\ufeff${harmless}` },
    { what: 'fields inherited through __proto__', text: `{"__proto__":${harmless}}` },
    { what: 'fields in the constructor', text: `{"constructor":{"prototype":${harmless}}}` },
    { what: 'a frame in a frame', text: JSON.stringify(JSON.stringify(harmless)) },
  ]
}

/** Names that no command has. */
export const noCommands: readonly string[] = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'unknown',
  'other',
  'ignored',
  'PiNg',
  'Ping\n',
  ' ping',
  'pi\u200bng',
  'ｐｉｎｇ',
  '\ud800',
  'x'.repeat(63) + '\ud83d\ude00',
  '\0\u001b[2J\u202e',
  '"}\n{"level":"error"}',
  'a{b="c"} 1\n',
  'x'.repeat(4_096),
  'x'.repeat(400_000),
  '名'.repeat(100),
  'Connected',
  'Error',
  'notification',
  'AUTH_RESPONSE',
  'CRASH_CRASH_PING',
  'CRASH_0',
]
