import { hexOf } from '../common/hex.ts'

/** What a round is checked by; texts as they were typed or told. */
export interface Values {
  /** 64 hex digits. */
  readonly hash: string
  readonly salt: string
  /** The return to players in basis points. */
  readonly rtpBps: string
  /** The highest crash point, such as `1000000.00`. */
  readonly cap: string
  /** The crash point that was played; empty: nothing to compare with. */
  readonly point: string
  /** The hash of the round before; empty where it is not known. */
  readonly before: string
  /** What was published before the first round; empty where it is not known. */
  readonly commitment: string
  /** Which round of its chain it is, from 1 on; empty where it is not known. */
  readonly index: string
}

/** What the hash and the salt give, step by step. */
export interface Proof {
  /** The hash once more: that of the round before. */
  readonly previous: string
  readonly hmac: string
  readonly digits: string
  readonly r: bigint
  /** Before the limits, in hundredths. */
  readonly exact: bigint
  /** `3.20` */
  readonly point: string
}

/** Whether what was computed is what was told; null: nothing was told. */
export type Verdict = boolean | null

/** Which of the values cannot be what they should be. */
export function faultsOf({ hash, salt, rtpBps, cap }: Values): readonly (keyof Values)[] {
  const forms: readonly [name: keyof Values, fits: boolean][] = [
    ['hash', /^[0-9a-f]{64}$/i.test(hash)],
    ['salt', salt !== ''],
    ['rtpBps', /^[1-9]\d{0,4}$/.test(rtpBps)],
    ['cap', /^\d{1,8}(\.\d{1,2})?$/.test(cap)],
  ]
  return forms.filter(([, fits]) => !fits).map(([name]) => name)
}

/** Recomputes a round with nothing but the browser's own SHA-256 and HMAC. */
export async function prove({ hash, salt, rtpBps, cap }: Values): Promise<Proof> {
  const message = bytesOf(hash)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const secret = new TextEncoder().encode(salt)
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
  const hmac = hexOf(await crypto.subtle.sign('HMAC', key, message))
  const digits = hmac.slice(0, 13)
  const r = BigInt(`0x${digits}`)
  const exact = (BigInt(rtpBps) * 2n ** 52n) / (100n * (2n ** 52n - r))
  const most = BigInt(Math.round(Number(cap) * 100))
  const point = exact < 100n ? 100n : exact > most ? most : exact
  return { previous: await sha256(hash), hmac, digits, r, exact, point: decimal(point) }
}

/** Hashes back to the beginning of the chain, telling now and then how many are left; null when `stopped` says so. */
export async function walk(
  hash: string,
  steps: number,
  told: (left: number) => void,
  stopped: () => boolean,
): Promise<string | null> {
  let bytes: ArrayBuffer = bytesOf(hash).buffer
  for (let left = steps; left > 0; left--) {
    bytes = await crypto.subtle.digest('SHA-256', bytes)
    if (left % 500 !== 0) continue
    told(left)
    // The page draws and hears in between.
    await new Promise((resolve) => requestAnimationFrame(resolve))
    if (stopped()) return null
  }
  return hexOf(bytes)
}

/** Whether two hashes are the same, whatever the case of their digits. */
export function same(computed: string, told: string): Verdict {
  return told === '' ? null : computed === told.trim().toLowerCase()
}

/** Whether a crash point is the one that was told, `3.2` and `3.20` being the same. */
export function samePoint(computed: string, told: string): Verdict {
  return told === '' ? null : Number(computed) === Number(told)
}

async function sha256(hex: string): Promise<string> {
  return hexOf(await crypto.subtle.digest('SHA-256', bytesOf(hex)))
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function decimal(hundredths: bigint): string {
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`
}
