import * as v from 'valibot'
import type { EventType } from '../../system.ts'

/** Room for every id, sum, hash and address there is. */
const Text = v.pipe(v.string(), v.maxLength(256))

/** Text of a form that says what it expects, but not what came: a card number must not come back in an error. */
function formed(pattern: RegExp, expected: string) {
  const message = `Expected ${expected}`
  return v.pipe(v.string(message), v.regex(pattern, message))
}

const KycStatus = v.object({
  status: v.picklist(['UNDO', 'INIT', 'PENDING', 'PASS', 'REFUSE']),
})

const BalanceChange = v.object({
  asset: Text,
  network: Text,
  freeDelta: Text,
  freezeDelta: Text,
  tranId: Text,
  externalTranId: Text,
  free: Text,
  freeze: Text,
  type: Text,
})

const CardTransaction = v.object({
  cardNumber: formed(
    /^\*{4} \*{4} \*{4} \d{4}$/,
    'a masked card number, such as "**** **** **** 0617"',
  ),
  transactionCurrencyCode: formed(/^\d{3}$/, 'the three digits of a currency, such as "702"'),
  transactionAmount: Text,
  localTransactionDate: formed(/^\d{4}$/, 'a date as MMDD'),
  localTransactionTime: formed(/^\d{6}$/, 'a time as HHMMSS'),
  response: v.picklist(['A', 'D']),
  direction: v.picklist(['CREDIT', 'DEBIT']),
  systemTraceAuditNumber: Text,
  requestAmountInUsd: Text,
  externalTranId: Text,
})

const OrderStatus = v.object({
  txHash: Text,
  transStatus: v.picklist([
    'PENDING_NORMAL',
    'PENDING_CREDIT',
    'PENDING_AUDIT',
    'SUCCESS',
    'FAILED',
  ]),
  amount: Text,
  asset: Text,
  network: Text,
  creditAmount: Text,
  creditCurrency: Text,
  fromAddress: Text,
  // Lower case on the wire, unlike `fromAddress` (D16).
  toaddress: Text,
  convertAmount: Text,
  convertCurrency: Text,
  convertFeeAmount: Text,
  convertFeeCurrency: Text,
})

/** Everything a backend may tell a partner (D11): each type with its fields (D12–D16), all of them strings and all required. */
export const events: Readonly<Record<string, EventType>> = {
  KYC_STATUS: { schema: KycStatus },
  BALANCE_CHANGE: { schema: BalanceChange },
  CARD_TRANSACTION: { schema: CardTransaction },
  ORDER_STATUS: { schema: OrderStatus },
}
