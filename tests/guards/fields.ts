/** Frames of one command: `$` stands for each of the values in turn, as JSON text. What comes of them is a code, nothing, or a text that fits. */
export type Fields = readonly [frame: string, values: readonly string[], outcome: string | RegExp]

const quoted = (text: string) => JSON.stringify(text)

/** Values of every kind that are no text of any use. */
const noText = ['null', 'true', 'false', '0', '-1', '1.5', '1e400', '[]', '{}', '[["x"]]']
const oddText = ['""', '" "', '"\\ud800"', '"\\u0000"', '"__proto__"', '"constructor"', '"x y"']
const longText = [quoted('x'.repeat(65)), quoted('x'.repeat(4_096)), quoted('x'.repeat(300_000))]
const huge = [
  `[${Array.from({ length: 90_000 }, () => '1').join()}]`,
  `{${Array.from({ length: 30_000 }, (_, n) => `"k${n}":1`).join()}}`,
]
const nothingUseful = [...noText, ...oddText, ...longText, ...huge]
const noId = [...noText, '""', '" "', '"\\ud800"', '"\\u0000"', '"x y"', ...longText, ...huge]
/** Values that are no object. */
const noObject = ['true', '0', '1.5', '1e400', '"x"', quoted('x'.repeat(300_000))]
/** Fields beside those that a command knows. */
const more = '"more":{"a":[1,null,"x"]},"__proto__":{"topic":"global"},"constructor":1,'

const noLimit = [...['0', '-1', '201', '1.5', '1e400', 'null', '"5"', 'true', '[]', '{}'], ...huge]

const subscriptions = ['Subscribe', 'Unsubscribe'].flatMap((name): Fields[] => [
  [`{"command":"${name}"}`, [''], 'INVALID_TOPIC'],
  [`{"command":"${name}","data":$}`, [...noObject, 'null', '[]', '{}'], 'INVALID_TOPIC'],
  [`{"command":"${name}","data":{"topic":$}}`, nothingUseful, 'INVALID_TOPIC'],
  [
    `{"command":"${name}","data":{"topic":$}}`,
    [
      ...['family', 'family:', ':x', 'family:x:y', 'family:f 1', 'Family:x', 'family:f1#ids'],
      ...['family:\n', 'family:..', 'family:*', 'GLOBAL', 'global:', 'jive/family:x', 'user:é'],
      `family:${'x'.repeat(65)}`,
    ].map(quoted),
    'INVALID_TOPIC',
  ],
  [`{${more}"command":"${name}","data":{${more}"topic":"global"}}`, [''], ''],
  [`{"command":"${name}","data":{"topic":"user:nobody","topic":"global"}}`, [''], ''],
  [`{"command":"${name}","data":{"topic":"global","ack":$}}`, [...noText.slice(3), '"true"'], ''],
  [
    `{"command":"${name}","data":{"topic":"global","ack":true}}`,
    [''],
    new RegExp(`^\\{"type":"${name}d","data":\\{"topic":"global"\\}\\}$`),
  ],
])

const request = (resource: string, params: string) =>
  `{"command":"Request","data":{"resource":"${resource}","params":${params}}}`

/** Commands of jive, as somebody who has the family `strangers`. */
export const jiveFields: readonly Fields[] = [
  ...subscriptions,
  ['{"command":"Subscribe","data":{"topic":$}}', ['"family:f2"', '"user:u2"'], 'FORBIDDEN'],
  ['{"command":"Unsubscribe","data":{"topic":$}}', ['"family:f2"', '"user:u2"'], ''],
  ['{"command":"Request"}', [''], 'INVALID_PARAMS'],
  ['{"command":"Request","data":$}', [...noObject, 'null', '[]', '{}'], 'INVALID_PARAMS'],
  [
    '{"command":"Request","data":{"resource":$}}',
    [...noText, ...longText, ...huge],
    'INVALID_PARAMS',
  ],
  [
    '{"command":"Request","data":{"resource":$}}',
    [...oddText, '"Accounts"', '"history "', quoted('名'.repeat(64))],
    'UNKNOWN_RESOURCE',
  ],
  [
    '{"command":"Request","data":{"resource":"accounts","params":$}}',
    [...noObject, 'null'],
    'INVALID_PARAMS',
  ],
  [request('accounts', `{${more}"limit":1}`), [''], /^\{"type":"Accounts","data":\{"accounts":/],
  [request('accounts', '{"limit":$}'), noLimit, 'INVALID_PARAMS'],
  [request('accounts', '{"after":$}'), noId, 'INVALID_PARAMS'],
  [request('accounts', '{"after":"nobodys"}'), [''], 'FORBIDDEN'],
  [request('account_balance', '{}'), [''], 'INVALID_PARAMS'],
  [request('account_balance', '{"account_id":$}'), noId, 'INVALID_PARAMS'],
  [request('account_balance', '{"account_id":"nobodys"}'), [''], 'FORBIDDEN'],
  [request('transactions', '{}'), [''], 'INVALID_PARAMS'],
  [request('transactions', '{"account_id":$}'), noId, 'INVALID_PARAMS'],
  [request('transactions', '{"account_id":"nobodys"}'), [''], 'FORBIDDEN'],
  [request('transactions', '{"account_id":"a","limit":$}'), noLimit, 'INVALID_PARAMS'],
  [request('transactions', '{"account_id":"a","after":$}'), noId, 'INVALID_PARAMS'],
  [request('history', '{}'), [''], 'INVALID_PARAMS'],
  [request('history', '{"topic":$}'), [...noText, ...huge], 'INVALID_PARAMS'],
  [request('history', '{"topic":$}'), [...oddText, ...longText], 'INVALID_TOPIC'],
  [request('history', '{"topic":"family:f2"}'), [''], 'FORBIDDEN'],
  [request('history', '{"topic":"global","limit":$}'), noLimit, 'INVALID_PARAMS'],
  [
    request('history', '{"topic":"global","after":$}'),
    [...nothingUseful, '"-1"', '"1.0"', '"1e3"', '"0x1"', quoted('9'.repeat(16)), '"١"', '"1\\n"'],
    'INVALID_PARAMS',
  ],
  [
    request('history', '{"topic":"global","after":$}'),
    ['"0"', '"00"', quoted('9'.repeat(15))],
    /^\{"type":"History","data":\{"topic":"global","last":"\d+","complete":true\}\}$/,
  ],
  ['{"command":"Pong","data":$}', [...nothingUseful, '"x"'], ''],
]

/** Commands of locallife. */
export const locallifeFields: readonly Fields[] = [
  ['{"type":"ack"}', [''], 'INVALID_REQUEST'],
  ['{"type":"ack","data":$}', [...noText, ...noObject.slice(4), ...huge], 'INVALID_REQUEST'],
  ['{"type":"ack","data":{"message_id":$}}', [...noText, ...huge], 'INVALID_REQUEST'],
  ['{"type":"ack","message_id":$}', [...noText, '""', ...longText, ...huge], 'INVALID_REQUEST'],
  ['{"type":"ack","data":{"message_id":$}}', ['""', ...longText], 'INVALID_REQUEST'],
  // The id in the data counts, and the one beside it is not looked at.
  ['{"type":"ack","message_id":"1","data":{"message_id":$}}', noText, 'INVALID_REQUEST'],
  ['{"type":"ack","data":{"message_id":$}}', [...oddText.slice(1), '"0"', '"-1"', '"1e3"'], ''],
  [`{${more}"type":"ack","data":{${more}"message_id":"7"}}`, [''], ''],
  ['{"type":"ack","message_id":"7","sequence":$,"ts":1e400}', nothingUseful, ''],
  ['{"type":"pong","data":$}', nothingUseful, ''],
]

const bet = (slots: string, beside = '"nextRound":true') =>
  `{"i":"1","t":"PLACE_BET","p":{"crash":{"slots":${slots}},${beside}}}`
const noSlot = [
  ...['null', 'true', '0', '4', '-1', '1.5', '1e400', '"1"', '[]', '{}', '[1]'],
  ...longText.slice(1),
  ...huge,
]
/** Texts that are no sum of money in a currency of two decimals, and values that are no text. */
const noSum = [
  ...['null', 'true', '0', '5', '1.00', '1e400', '[]', '{}', '["1.00"]', ...huge],
  ...['', ' ', '1 ', ' 1', '1.', '.5', '1.001', '1,00', '+1', '-1.00', '-0', '01.00', '00'].map(
    quoted,
  ),
  ...['1e3', '0x10', 'NaN', 'Infinity', '１.00', '1\n', '1\u0000', '9'.repeat(16), '0.00'].map(
    quoted,
  ),
  ...['0', '0.001', '10000.01', '9'.repeat(300_000), '__proto__'].map(quoted),
]
const noTarget = [
  ...['true', '0', '-1', '1', '1.001', '1e400', '1e21', '[]', '{}', ...huge],
  ...['', 'x', '1.00', '0.5', '-2', '1e3', '2.001', '1000000.01', ' 2', '2\n'].map(quoted),
  quoted('9'.repeat(300_000)),
]
const noRound = /^(BET_NOT_FOUND|INVALID_PHASE|ROUND_ENDED)$/
const eventTypes = (name: string): Fields[] => [
  [`{"i":"1","t":"${name}","p":{}}`, [''], 'INVALID_REQUEST'],
  [`{"i":"1","t":"${name}","p":$}`, noObject, 'INVALID_REQUEST'],
  [
    `{"i":"1","t":"${name}","p":{"eventTypes":$}}`,
    [...noText.filter((one) => one !== '[]'), ...longText, ...huge, '["X"]', '[null]', '[1]'],
    'INVALID_REQUEST',
  ],
  [
    `{"i":"1","t":"${name}","p":{"eventTypes":$}}`,
    [quoted('x'.repeat(300_000)), '"CRASH_STATS"'].map((one) => `["CRASH_STATS",[${one}]]`),
    'INVALID_REQUEST',
  ],
  [
    `{"i":"1","t":"${name}","p":{"eventTypes":$}}`,
    [`[${Array.from({ length: 101 }, () => '"CRASH_STATS"').join()}]`],
    'INVALID_REQUEST',
  ],
  [
    `{"i":"1","t":"${name}","p":{${more}"eventTypes":$}}`,
    ['[]', '["CRASH_STATS","CRASH_STATS"]'],
    new RegExp(`^\\{"i":"1","t":"${name}_RESPONSE","p":\\{"success":true,"eventTypes":\\[`),
  ],
]

/** Commands of crash that only a player may use, as one whose purse is empty. */
export const crashBets: readonly Fields[] = [
  ['{"i":"1","t":"PLACE_BET"}', [''], 'INVALID_REQUEST'],
  ['{"i":"1","t":"PLACE_BET","p":$}', [...noObject, 'null', '[]', '{}'], 'INVALID_REQUEST'],
  [
    '{"i":"1","t":"PLACE_BET","p":{"crash":$}}',
    [...noObject, 'null', '[]', '{}'],
    'INVALID_REQUEST',
  ],
  ['{"i":"1","t":"PLACE_BET","p":{"gameParams":$}}', [...noObject, '{}'], 'INVALID_REQUEST'],
  [bet('$'), [...noText, ...huge.slice(0, 1), ...longText, '[null]', '[{}]'], 'INVALID_REQUEST'],
  [bet('[{"slotId":$,"amount":"1.00"}]'), noSlot, 'INVALID_REQUEST'],
  [
    bet('[{"slotId":1,"amount":"1.00"}]', '"nextRound":$'),
    noText.filter((one) => !['null', 'true', 'false'].includes(one)),
    'INVALID_REQUEST',
  ],
  [bet('[{"slotId":1,"amount":"1.00"}]', '"nextRound":$'), longText, 'INVALID_REQUEST'],
  [
    bet('[{"slotId":1,"amount":"1.00"}]', '"@type":$'),
    [...nothingUseful.slice(1), '"type.googleapis.com/x"'],
    'INVALID_REQUEST',
  ],
  [
    bet(
      '[{"slotId":1,"amount":"1.00"}]',
      '"nextRound":true,"crashParams":{"slots":[{"slotId":$,"amount":"1.00"}]}',
    ),
    ['2'],
    'INVALID_REQUEST',
  ],
  [bet('[{"slotId":1}]'), [''], 'INVALID_AMOUNT'],
  [bet('[{"slotId":1,"amount":$}]'), noSum, 'INVALID_AMOUNT'],
  [
    bet('[{"slotId":1,"amount":"1.00"}]', '"nextRound":true,"amount":$'),
    [...noSum.slice(1), '"1.01"', '"0.99"'],
    'INVALID_AMOUNT',
  ],
  [bet('[{"slotId":1,"amount":"1.00","autoCashOut":$}]'), noTarget, 'INVALID_MULTIPLIER'],
  [
    bet('$'),
    [
      '[{"slotId":1,"amount":"1.00"},{"slotId":1,"amount":"1.00"}]',
      `[${['1', '2', '3', '1'].map((slot) => `{"slotId":${slot},"amount":"1.00"}`).join()}]`,
      `[${Array.from({ length: 20_000 }, () => '{"slotId":1,"amount":"1.00"}').join()}]`,
    ],
    'MAX_BETS_EXCEEDED',
  ],
  [
    bet('[{"slotId":1,"amount":$}]'),
    ['"0.01"', '"10000.00"', '"1"', '"1.5"'],
    'INSUFFICIENT_BALANCE',
  ],
  [
    bet(`[{${more}"slotId":1,"amount":"1.00","autoCashOut":null}]`, `${more}"nextRound":true`),
    [''],
    'INSUFFICIENT_BALANCE',
  ],
  ['{"i":"1","t":"CASH_OUT","p":$}', noObject, 'INVALID_REQUEST'],
  ['{"i":"1","t":"CASH_OUT","p":{"slotId":$}}', noSlot.slice(1), 'INVALID_REQUEST'],
  [
    '{"i":"1","t":"CASH_OUT","p":{"cashOutAll":$}}',
    [...noText.slice(3), ...longText],
    'INVALID_REQUEST',
  ],
  ['{"i":"1","t":"CASH_OUT","p":{"slotId":$}}', ['1', '3', 'null'], noRound],
  [`{"i":"1","t":"CASH_OUT","p":{${more}"multiplier":$}}`, nothingUseful, noRound],
  ['{"i":"1","t":"CANCEL_BET"}', [''], 'INVALID_REQUEST'],
  ['{"i":"1","t":"CANCEL_BET","p":$}', [...noObject, '[]', '{}'], 'INVALID_REQUEST'],
  [
    '{"i":"1","t":"CANCEL_BET","p":{"slotId":$}}',
    noSlot.filter((one) => one !== '0'),
    'INVALID_REQUEST',
  ],
  ['{"i":"1","t":"CANCEL_BET","p":{"slotId":$}}', ['0', '-0', '1', '3.0'], noRound],
]

/** Commands of crash that anybody may use. */
export const crashFields: readonly Fields[] = [
  ['{"t":"PING","p":{}}', [''], 'INVALID_REQUEST'],
  [
    '{"i":$,"t":"PING","p":{}}',
    [...noText, '""', '"\\ud800"', quoted('x'.repeat(129)), ...longText.slice(1), ...huge],
    'INVALID_REQUEST',
  ],
  ['{"i":"1","t":$,"p":{}}', [...noText, ...oddText, ...longText, ...huge], 'INVALID_REQUEST'],
  ['{"i":"1","p":{}}', [''], 'INVALID_REQUEST'],
  ['{"i":"1","t":"PING","p":$}', noObject, 'INVALID_REQUEST'],
  [
    '{"i":"1","t":"PING","p":$}',
    ['null', '[]', '{}', `{${more}"timestamp":1e400}`, ...huge],
    /^\{"i":"1","t":"PONG","p":\{"timestamp":\d+\}\}$/,
  ],
  [
    '{"i":$,"t":"CRASH_PING"}',
    ['" "', '"\\u0000"', '"__proto__"', '"\\u202e"', '"\\"}{"', quoted('é'.repeat(128))],
    /"t":"PONG","p":\{"timestamp":\d+\}\}$/,
  ],
  ['{"i":"1","t":"GET_STATE","p":$}', noObject, 'INVALID_REQUEST'],
  ['{"i":"1","t":"AUTH"}', [''], 'INVALID_REQUEST'],
  ['{"i":"1","t":"AUTH","p":$}', [...noObject, '[]', '{}'], 'INVALID_REQUEST'],
  ['{"i":"1","t":"LOGIN","p":{"token":$}}', [...noText, ...huge], 'INVALID_REQUEST'],
  [
    '{"i":"1","t":"AUTH","p":{"token":$}}',
    [...oddText, ...longText, '"Bearer "', '"a.b.c"', '"eyJhbGciOiJub25lIn0.e30."'],
    'UNAUTHORIZED close:4401',
  ],
  ...eventTypes('SUBSCRIBE'),
  ...eventTypes('UNSUBSCRIBE'),
]
