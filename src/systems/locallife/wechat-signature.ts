import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { LocallifeOptions } from './options.ts'

/** WeChat Pay's public keys by serial: a Map, since a serial is whatever a stranger writes into a header. */
export type PublicKeys = ReadonlyMap<string, KeyObject>

/** Why a notification is not taken for WeChat Pay's own. */
export type Doubt = 'headers' | 'timestamp' | 'serial' | 'signature'

/** What the headers of a notification say about its body, as far as that can be judged without the body. */
export interface Seal {
  readonly timestamp: string
  readonly nonce: string
  readonly signature: Buffer
  readonly key: KeyObject
}

/** The configured keys, parsed once; whether they can be used the configuration has judged. */
export function publicKeysOf({
  publicKey,
  serial,
  publicKeys,
}: Pick<LocallifeOptions['pay'], 'publicKey' | 'serial' | 'publicKeys'>): PublicKeys {
  const keys = new Map(
    Object.entries(publicKeys).map(([name, pem]) => [name, createPublicKey(pem)]),
  )
  if (publicKey !== undefined && serial !== undefined) keys.set(serial, createPublicKey(publicKey))
  return keys
}

/** A timestamp this far from now, in ms, is too old or too new (L21). */
const tolerance = 300_000
const signatureType = 'WECHATPAY2-SHA256-RSA2048'

/** Reads the four headers of a notification at `now` (epoch ms); a Doubt when it cannot be from WeChat Pay, whatever its body. */
export function sealOf(headers: Headers, keys: PublicKeys, now: number): Seal | Doubt {
  const timestamp = headers.get('wechatpay-timestamp') ?? ''
  const nonce = headers.get('wechatpay-nonce') ?? ''
  const serial = headers.get('wechatpay-serial') ?? ''
  const told = headers.get('wechatpay-signature') ?? ''
  if (!/^(0|[1-9]\d{0,11})$/.test(timestamp) || !/^[\x21-\x7e]{1,128}$/.test(nonce)) {
    return 'headers'
  }
  if (serial === '' || told === '') return 'headers'
  if ((headers.get('wechatpay-signature-type') ?? signatureType) !== signatureType) return 'headers'
  if (Math.abs(now - Number(timestamp) * 1_000) >= tolerance) return 'timestamp'
  const key = keys.get(serial)
  if (key === undefined) return 'serial'
  const signature = base64(told)
  return signature === null ? 'signature' : { timestamp, nonce, signature, key }
}

/** Whether the seal is of this very body: RSA PKCS#1 v1.5 with SHA-256 over timestamp, nonce and body, each with a newline. */
export function holds({ timestamp, nonce, signature, key }: Seal, body: Uint8Array): boolean {
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, newline])
  return verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
}

const newline = Buffer.from('\n')

/** Bytes written in the one canonical way; null for anything else. */
export function base64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : null
}
