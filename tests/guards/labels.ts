import { closeCodes, errorCodes } from '../../src/core/errors.ts'

const systems = ['dcs', 'jive', 'locallife', 'pledge', 'crash']
const commands = [
  ...['unknown', 'ignored', 'Subscribe', 'Unsubscribe', 'Request', 'Ping', 'Pong', 'ack', 'ping'],
  ...['pong', 'AUTH', 'PING', 'GET_STATE', 'PLACE_BET', 'CASH_OUT', 'CANCEL_BET', 'SUBSCRIBE'],
  ...['UNSUBSCRIBE', '0'],
]
const closes = [
  ...Object.values(closeCodes).map(({ code }) => String(code)),
  '1002',
  '1005',
  '1006',
  '1007',
]

/** Labels that clients have a say in, and every value they may have. */
const bounded: Readonly<Record<string, ReadonlySet<string>>> = {
  system: new Set(systems),
  command: new Set(commands),
  code: new Set([...Object.keys(errorCodes), ...closes, 'other']),
  reason: new Set(Object.keys(errorCodes)),
}

/** More series than this, and clients make them. */
const mostSeries = 400

/** What is wrong with metrics after clients did what they liked: a label of theirs, too many series, books that do not fit. */
export function metricFaults(text: string): readonly string[] {
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const strange = series.flatMap((line) =>
    [...line.matchAll(/[{,](\w+)="((?:[^"\\]|\\.)*)"/g)].flatMap(([, label = '', value = '']) =>
      bounded[label]?.has(value) === false ? [`a label that clients chose: ${line}`] : [],
    ),
  )
  if (series.length > mostSeries) strange.push(`${series.length} series`)
  for (const expected of [
    'fanfare_ledger_imbalance 0',
    'fanfare_log_entries_total{level="error"} 0',
  ]) {
    if (!series.includes(expected)) strange.push(`not there: ${expected}`)
  }
  return strange
}
