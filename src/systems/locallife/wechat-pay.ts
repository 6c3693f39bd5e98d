import { createDecipheriv } from 'node:crypto'
import * as v from 'valibot'
import { Refusal } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import { shaped } from '../../core/protocol.ts'
import { notConfigured } from './not-configured.ts'
import type { LocallifeParts } from './options.ts'
import type { Payment } from './orders.ts'
import { base64, publicKeysOf, type PublicKeys } from './wechat-signature.ts'

/** Our account at WeChat Pay, whole: what a notification is checked with. */
export interface Merchant {
  readonly keys: PublicKeys
  /** 32 bytes. */
  readonly apiV3Key: Buffer
  readonly mchId: string
  readonly appId: string
}

/** Our account at WeChat Pay from the configuration, or the refusal that names what is missing. */
export function merchantOf({
  pay,
  wechat,
}: Pick<LocallifeParts, 'pay' | 'wechat'>): Merchant | Refusal {
  const { mchId, apiV3Key } = pay
  const { appId } = wechat
  const keys = publicKeysOf(pay)
  if (mchId === undefined) return notConfigured('locallife.wechat_pay.mch_id')
  if (apiV3Key === undefined) return notConfigured('locallife.wechat_pay.api_v3_key')
  if (keys.size === 0) return notConfigured('locallife.wechat_pay.public_key')
  if (appId === undefined) return notConfigured('locallife.wechat.app_id')
  return { keys, apiV3Key: Buffer.from(apiV3Key), mchId, appId }
}

const Id = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,64}$/, 'Expected an id'))

/** What every notification has. */
export const Notification = v.object({ id: Id, event_type: v.string() })

/** What a notification of a payment has beside it. */
export const Envelope = v.object({
  resource: v.object({
    algorithm: v.literal('AEAD_AES_256_GCM'),
    ciphertext: v.string(),
    nonce: v.string(),
    associated_data: v.nullish(v.string(), ''),
  }),
})

/** A transaction as WeChat Pay tells it; the amount in fen. */
const Transaction = v.object({
  mchid: v.string(),
  appid: v.string(),
  out_trade_no: Id,
  transaction_id: Id,
  trade_state: v.string(),
  amount: v.object({
    total: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/)),
  }),
})

/** Reads the body of a notification whose signature holds (L21): the payment in it, null for what is no payment. Refuses INVALID_REQUEST for what cannot be read or decrypted, in words that may quote it. */
export function paymentOf(body: Uint8Array, merchant: Merchant, at: number): Payment | null {
  const told = parseJson(textOf(body))
  const { id: notification, event_type: type } = shaped(Notification, told)
  if (type !== 'TRANSACTION.SUCCESS') return null
  const { resource } = shaped(Envelope, told)
  const { mchid, appid, trade_state, ...transaction } = shaped(
    Transaction,
    parseJson(opened(resource, merchant.apiV3Key)),
  )
  return {
    transaction: transaction.transaction_id,
    notification,
    order: transaction.out_trade_no,
    amount: transaction.amount.total,
    currency: transaction.amount.currency,
    fault: faultOf({ mchid, appid, trade_state }, merchant),
    at,
  }
}

function faultOf(
  told: { mchid: string; appid: string; trade_state: string },
  { mchId, appId }: Merchant,
): Payment['fault'] {
  if (told.mchid !== mchId) return 'mchid'
  if (told.appid !== appId) return 'appid'
  return told.trade_state === 'SUCCESS' ? null : 'trade_state'
}

const nonceBytes = 12
const tagBytes = 16

/** Decrypts a resource: AES-256-GCM, the tag behind the text. */
function opened(
  { ciphertext, nonce, associated_data }: v.InferOutput<typeof Envelope>['resource'],
  key: Buffer,
): string {
  const sealed = base64(ciphertext)
  const iv = Buffer.from(nonce)
  if (sealed === null || sealed.length <= tagBytes || iv.length !== nonceBytes) throw locked()
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(associated_data))
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const text = decipher.update(sealed.subarray(0, -tagBytes))
  try {
    decipher.final()
  } catch {
    throw locked()
  }
  return textOf(text)
}

function locked(): Refusal {
  return new Refusal('INVALID_REQUEST', 'The resource cannot be decrypted')
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal('INVALID_REQUEST', 'Not UTF-8')
  }
}
