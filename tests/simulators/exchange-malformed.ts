/** A price that was never one: whoever shows it has made something of a frame that says nothing. */
export const invented = '66.6'

/** Frames among the good ones of which a client makes nothing; those that parse would be `invented` prices of PLGR-USDT. */
export const malformed: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  `{"type":"message","topic":"/market/ticker:PLGR-USDT","data":{"price":"${invented}"`,
  'not JSON',
  '',
  '[]',
  'null',
  invented,
  `"${invented}"`,
  new Uint8Array([0, 255, 66, 46, 54]),
  told({ data: { sequence: '99999999999999999999' } }),
  told({ data: null }),
  told({ data: [] }),
  told({ data: { sequence: '99999999999999999999', price: Number(invented) } }),
  told({ data: { sequence: '99999999999999999999', price: `-${invented}` } }),
  told({ data: { sequence: '99999999999999999999', price: `${invented}e0` } }),
  told({ data: { sequence: '99999999999999999999', price: '' } }),
  told({ data: { sequence: '99999999999999999999', price: `${invented}\u0000` } }),
  told({ data: { sequence: '99999999999999999999', price: invented.padEnd(500, '0') } }),
  told({ data: { sequence: 'many', price: invented } }),
  told({ data: { sequence: '-1', price: invented } }),
  told({ topic: '/market/ticker:NOBODY-USDT' }),
  told({ topic: '/market/level2:PLGR-USDT' }),
  told({ topic: 7 }),
  told({ type: 'notice' }),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
]

function told(change: object): string {
  return JSON.stringify({
    type: 'message',
    topic: '/market/ticker:PLGR-USDT',
    subject: 'trade.ticker',
    data: { sequence: '99999999999999999999', price: invented },
    ...change,
  })
}
