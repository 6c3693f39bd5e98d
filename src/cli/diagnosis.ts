import type { Config } from '../config.ts'

/** Why a token is refused, as far as its own text tells; a server never says so to a client. */
export function diagnose(jwt: string, system: 'jive', { auth }: Config, now: number): string {
  const [header, claims] = jwt.split('.', 2).map(part)
  if (header === undefined || claims === undefined || jwt.split('.').length !== 3) {
    return 'it is no JWT'
  }
  const { exp, nbf, iat, aud, iss, sub } = claims
  const own = auth[system]
  const audience = own.audience ?? system
  const seconds = now / 1_000
  if (typeof sub !== 'string') return 'it has no "sub"'
  if (typeof exp !== 'number') return 'it has no "exp"'
  if (exp <= seconds) return `it expired ${new Date(exp * 1_000).toISOString()}`
  if (typeof nbf === 'number' && nbf > seconds) return 'it is not valid yet ("nbf")'
  if (typeof iat === 'number' && iat > seconds) return 'it was made in the future ("iat")'
  const begin = typeof iat === 'number' ? iat : seconds
  if (exp - begin > auth.max_span / 1_000) return 'it lives longer than auth.max_span'
  if (![aud].flat().includes(audience)) return `its "aud" is not "${audience}"`
  if (auth.issuer !== undefined && iss !== auth.issuer) return `its "iss" is not "${auth.issuer}"`
  const secrets = [auth.secret, own.secret, ...Object.values(auth.secrets)]
  const jwks = auth.jwks_url ?? own.jwks_url
  if (jwks === undefined && secrets.every((secret) => secret === undefined)) {
    return 'no secret is configured to check it with'
  }
  return `its signature fits no configured key (alg ${JSON.stringify(header['alg'])}, kid ${JSON.stringify(header['kid'] ?? null)})`
}

function part(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined
  } catch {
    return undefined
  }
}
