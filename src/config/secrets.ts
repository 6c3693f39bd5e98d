import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { Fault, setting } from './kinds.ts'

/** A signing secret, undefined when there is none; under 32 bytes is refused. The value is never told. */
export function signingSecret(description: string) {
  const traits = { kind: 'text', secret: true } as const
  return setting(traits, undefined, description, (value): string | undefined => {
    const weakness = weaknessOf(value)
    if (weakness !== null) throw new Fault(weakness)
    return value as string
  })
}

/** Signing secrets by key id. */
export function signingSecrets(description: string) {
  return setting({ kind: 'table', secret: true }, {}, description, (value, tell) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Fault('Expected a table of key id and secret')
    }
    for (const [kid, secret] of Object.entries(value)) {
      const named = /^[A-Za-z0-9_-]{1,64}$/.test(kid)
      if (!named) tell('Expected a key id of letters, digits, "_" and "-"', kid)
      const weakness = weaknessOf(secret)
      if (weakness !== null) tell(weakness, kid)
    }
    return value as Readonly<Record<string, string>>
  })
}

function weaknessOf(value: unknown): string | null {
  if (typeof value !== 'string') return 'Expected text'
  const bytes = Buffer.byteLength(value)
  return bytes < 32 ? `Expected at least 32 bytes, got ${bytes}` : null
}

/** A bearer key, undefined when there is none: visible ASCII, as it stands in a header. */
export function bearerKey(description: string) {
  const traits = { kind: 'text', secret: true } as const
  return setting(traits, undefined, description, (value): string | undefined => {
    if (typeof value === 'string' && /^[\x21-\x7e]{1,512}$/.test(value)) return value
    throw new Fault('Expected 1 to 512 visible ASCII characters without a space')
  })
}

/** RSA public keys that signatures are checked with, by name. */
export function verifyingKeys(description: string) {
  return setting({ kind: 'table' }, {}, description, (value, tell) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Fault('Expected a table of name and PEM text')
    }
    for (const [name, text] of Object.entries(value)) {
      const fault = unfit(text)
      if (fault !== null) tell(fault, name)
    }
    return value as Readonly<Record<string, string>>
  })
}

/** RSA public key that signatures are checked with, undefined when there is none. */
export function verifyingKey(description: string) {
  return setting({ kind: 'pem' }, undefined, description, (value): string | undefined => {
    const fault = unfit(value)
    if (fault !== null) throw new Fault(fault)
    return value as string
  })
}

/** PEM text, undefined when there is none. */
export function pem(description: string, secret: boolean) {
  return setting({ kind: 'pem', secret }, undefined, description, (value): string | undefined => {
    if (isPem(value)) return value
    throw new Fault('Expected PEM text or "file:/path"')
  })
}

function isPem(value: unknown): value is string {
  return typeof value === 'string' && value.trimStart().startsWith('-----BEGIN ')
}

/** A secret that is no key for tokens, undefined when there is none: `form` is what it looks like. */
export function secretText(description: string, form: RegExp, expected: string) {
  const traits = { kind: 'text', secret: true } as const
  return setting(traits, undefined, description, (value): string | undefined => {
    if (typeof value === 'string' && form.test(value)) return value
    throw new Fault(`Expected ${expected}`)
  })
}

/** Why signatures could not be checked with a PEM text; null when they can. Somebody's private key in its place would be a leak. */
function unfit(text: unknown): string | null {
  const wanted =
    'Expected an RSA public key or certificate of at least 2048 bits, PEM or "file:/path"'
  if (!isPem(text) || text.includes('PRIVATE KEY')) return wanted
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(text)
    const bits = asymmetricKeyDetails?.modulusLength ?? 0
    return asymmetricKeyType === 'rsa' && bits >= 2048 ? null : wanted
  } catch {
    return wanted
  }
}

/** Why a server could not use a certificate with a private key; null when it can. */
export function unusable(cert: string, key: string): string | null {
  try {
    const { publicKey } = new X509Certificate(cert)
    const own = createPublicKey(createPrivateKey(key))
    return own.equals(publicKey) ? null : 'Expected the private key of tls.cert'
  } catch {
    return 'Expected a certificate in tls.cert and its private key in tls.key'
  }
}

/** A text read in place of `file:/path`, without the newline at its end; other text as it is. */
export async function resolveFile(value: unknown): Promise<unknown> {
  if (typeof value !== 'string' || !value.startsWith('file:')) return value
  const path = value.slice('file:'.length)
  try {
    return (await Bun.file(path).text()).replace(/\r?\n$/, '')
  } catch (error) {
    const { code = 'unknown error' } = error as { code?: string }
    throw new Fault(`Cannot read "${path}" (${code})`)
  }
}
