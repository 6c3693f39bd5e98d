import * as v from 'valibot'
import type { Wire, WireFrame } from '../../core/wire.ts'
import { ignored } from './codec.ts'
import { events } from './events.ts'

const Digits = v.pipe(v.string(), v.regex(/^\d+$/))

/** A message (D10): its type with its fields, and one of them as it may come. */
function message(
  type: string,
  means: string,
  data: object,
  version: string,
): Record<string, WireFrame> {
  const frame = v.object({
    type: v.literal(type),
    timestamp: v.pipe(Digits, v.description('When it was recorded, ms since 1970')),
    version: v.pipe(Digits, v.description('Counts the messages of the partner, without holes')),
    externalUserId: v.pipe(v.string(), v.description('Which user of the partner it is about')),
    data: events[type]!.schema,
  })
  const example = { type, timestamp: '1731471194021', version, externalUserId: 'f1b718e0', data }
  return { [type]: { means, frame, examples: [example] } }
}

/** The wire of this system (D8–D16). */
export const wire: Wire = {
  title: 'dcs: private, expiring partner channels',
  about: `Tells a partner what happens to its users. A signed \`GET /websocket/v1/get-channel\` (\`getChannel\` in \`/openapi.json\`) answers a channel, a secret that lives 24 hours unless it is configured otherwise; connecting to its address is all there is to do. All channels of a partner point at one stream: remember the last \`version\` that was dealt with, fetch a new channel an hour before the old one ends or whenever the connection was closed, and connect with \`?after=\` that version. Everything recorded since arrives first, each message once and in order, then what is live.`,
  credentials: [],
  query: v.object({
    after: v.optional(
      v.pipe(Digits, v.description('The last version the client has; without it only what is new')),
    ),
  }),
  params: { channel: ['The channel, which is the secret', '4fYtnZ8mWq2LrC7VbX0aKd'] },
  refused: '{"code","message","success":false}',
  handshake: {
    INVALID_REQUEST: '`after` is no version, or this is no WebSocket handshake',
    CHANNEL_NOT_FOUND: 'There never was such a channel: fetch a new one',
    CHANNEL_EXPIRED: 'It has expired or was replaced, or its partner is gone: fetch a new one',
    HISTORY_GONE: 'Messages after `after` are no longer kept: connect without, read the state',
    STORE_UNAVAILABLE: 'The store cannot be read now',
  },
  client: {
    [ignored]: {
      means: 'Anything. It is a sign of life, and is not looked at.',
      frame: v.unknown(),
      examples: ['{}'],
    },
  },
  server: {
    ...message(
      'KYC_STATUS',
      'The identity check of a user has got on. `UNDO`: not begun, `INIT`: begun, `PENDING`: under review, `PASS`, `REFUSE`.',
      { status: 'PASS' },
      '1',
    ),
    ...message(
      'BALANCE_CHANGE',
      'A balance has changed. `free` and `freeze` are what is there now, the deltas what was added; `network` and `type` may be empty.',
      {
        asset: 'USD',
        network: '',
        freeDelta: '12.64',
        freezeDelta: '0',
        tranId: '4285261023005170688',
        externalTranId: '4285261022921284608',
        free: '12.64',
        freeze: '0',
        type: '',
      },
      '2',
    ),
    ...message(
      'CARD_TRANSACTION',
      'A card was used. `response`: `A` accepted, `D` denied; the currency is the number of ISO 4217, date and time are MMDD and HHMMSS.',
      {
        cardNumber: '**** **** **** 0617',
        transactionCurrencyCode: '702',
        transactionAmount: '20.2',
        localTransactionDate: '1211',
        localTransactionTime: '161420',
        response: 'D',
        direction: 'DEBIT',
        systemTraceAuditNumber: 'G_4295180843619725568',
        requestAmountInUsd: '14.86',
        externalTranId: '4285261022921284608',
      },
      '3',
    ),
    ...message(
      'ORDER_STATUS',
      'An order has got on. `PENDING_NORMAL`: being checked, `PENDING_CREDIT`: waiting for the money, `PENDING_AUDIT`: waiting for a person, `SUCCESS`, `FAILED`. `toaddress` has a lower-case a.',
      {
        txHash: '0x0d1c3de69760d09e528284c032d7b31bab4e492c0fee3efd69af74cd7a4fe05f',
        transStatus: 'PENDING_CREDIT',
        amount: '2.59000000',
        asset: 'ETH',
        network: 'Ethereum',
        creditAmount: '2.59000000',
        creditCurrency: 'SGD',
        fromAddress: '0xed63647a0875ff48673e10ed632bc0cfd8664b89',
        toaddress: '0x5caeec3c95d5dd77cfb399f0c73c106ce3b98b60',
        convertAmount: '2.59000000',
        convertCurrency: 'USD',
        convertFeeAmount: '2.59000000',
        convertFeeCurrency: '',
      },
      '4',
    ),
  },
  refusal: null,
  alive:
    'The server sends a WebSocket ping every {interval}, which client libraries answer by themselves.',
  closes: {
    gone: 'The channel has expired, was replaced, or its partner is gone: come back with a new one and the last version',
    unauthorized: null,
  },
}
