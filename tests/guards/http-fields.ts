/** What kind of value a field takes; see `wrong`. */
export type Kind =
  | 'text'
  | 'id'
  | 'choice'
  | 'sum'
  | 'signed'
  | 'balance'
  | 'fen'
  | 'count'
  | 'ids'
  | 'list'
  | 'object'
  | 'txid'
  | 'secret'
  | 'key'
  | 'hash'
  | 'ratio'
  | 'cap'
  | 'anything'

/** A field, whether it has to be there, and whether null is a value. */
export interface Field {
  readonly kind: Kind
  readonly optional?: true
  readonly nullable?: true
}

/** Fields of a body by their path; `0` is the first of a list. */
export type Fields = Readonly<Record<string, Field>>

const must = (kind: Kind): Field => ({ kind })
const may = (kind: Kind): Field => ({ kind, optional: true })
const mayBeNull = (kind: Kind): Field => ({ kind, optional: true, nullable: true })

const message = {
  channel: { kind: 'anything' },
  type: must('choice'),
  data: must('object'),
  'data.level': must('text'),
  'data.title': must('text'),
  'data.message': must('text'),
} satisfies Fields

/** The fields of each body. */
export const fields = {
  publish: { ...message, idempotencyKey: may('key') },
  batch: {
    messages: must('list'),
    ...Object.fromEntries(
      Object.entries(message).map(([path, field]) => [`messages.0.${path}`, field]),
    ),
    idempotencyKey: may('key'),
  },
  account: {
    family_id: must('id'),
    name: must('text'),
    currency: may('choice'),
    balance: may('balance'),
  },
  transaction: {
    account_id: must('id'),
    amount: must('signed'),
    description: may('text'),
    payee: mayBeNull('text'),
    category: mayBeNull('text'),
  },
  change: {
    account_id: may('id'),
    amount: may('signed'),
    description: may('text'),
    payee: mayBeNull('text'),
    category: mayBeNull('text'),
  },
  rule: { family_id: must('id'), contains: must('text'), category: must('text') },
  online: { region_id: may('id') },
  rider: { status: must('choice'), region_id: may('id') },
  merchant: {
    name: must('text'),
    status: must('choice'),
    administrators: must('ids'),
    'administrators.0': must('id'),
  },
  operator: { role: must('choice') },
  order: {
    merchant_id: must('id'),
    region_id: must('id'),
    items: must('list'),
    'items.0': must('object'),
    'items.0.name': must('text'),
    'items.0.quantity': must('count'),
    'items.0.price': must('fen'),
  },
  dispatch: { rider_id: must('id') },
  login: { code: must('txid') },
  console: { key: must('secret') },
  movement: { amount: must('sum'), tx_id: must('txid') },
  rollback: { tx_id: must('txid') },
  verify: {
    hash: must('hash'),
    salt: must('text'),
    rtp: may('ratio'),
    cap: may('cap'),
  },
  testToken: { playerId: may('id'), nickname: may('text'), ttl: may('count') },
  play: { system: must('id'), role: must('id') },
} as const satisfies Record<string, Fields>
