/** The programs of docs/fairness.md, to be run with hash, salt, basis points and cap. */
export const programs = {
  javascript: `import { createHash, createHmac } from 'node:crypto'

const [hash, salt, rtpBps, cap] = process.argv.slice(2)
const message = Buffer.from(hash, 'hex')
const r = BigInt('0x' + createHmac('sha256', salt).update(message).digest('hex').slice(0, 13))
const exact = (BigInt(rtpBps) * 2n ** 52n) / (100n * (2n ** 52n - r))
const point = Math.min(Math.round(Number(cap) * 100), Math.max(100, Number(exact)))
console.log((point / 100).toFixed(2), createHash('sha256').update(message).digest('hex'))
`,
  python: `import hashlib, hmac, sys

hash, salt, rtp_bps, cap = sys.argv[1:]
message = bytes.fromhex(hash)
r = int(hmac.new(salt.encode(), message, hashlib.sha256).hexdigest()[:13], 16)
exact = int(rtp_bps) * 2**52 // (100 * (2**52 - r))
point = min(round(float(cap) * 100), max(100, exact))
print(f"{point // 100}.{point % 100:02d}", hashlib.sha256(message).hexdigest())
`,
}
