import { afterAll, describe, expect, test } from 'bun:test'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import {
  createVerify,
  signToken,
  type Claims,
  type Verify,
  type VerifyOptions,
} from '../../src/core/auth.ts'
import { Refusal } from '../../src/core/errors.ts'
import { fakeClock } from '../clock.ts'

const secret = 'a-secret-for-tests-only-0123456789abcdef'
const other = 'another-secret-for-tests-0123456789abcdef'
const start = Date.UTC(2026, 5, 1)
const now = start / 1_000
const day = 86_400
const good = { sub: 'u1', aud: 'jive', iat: now, exp: now + 3_600 }

function verifier(options: Partial<VerifyOptions> = {}, clock = fakeClock(start)): Verify {
  return createVerify({ secrets: { '': secret }, maxSpan: 30 * day * 1_000, ...options }, clock)
}

/** The claims, or the code of the refusal. */
async function ask(verify: Verify, token: string | null, system = 'jive') {
  try {
    return await verify(token, system)
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

function encode(value: unknown): string {
  if (value instanceof Buffer) return value.toString('base64url')
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  )
}

/** Signs any header and payload as they are, without the manners of a library. */
function handmade(header: unknown, payload: unknown, key = secret): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${new Bun.CryptoHasher('sha256', key).update(input).digest('base64url')}`
}

const hs256 = { alg: 'HS256', typ: 'JWT' }

async function expectRefused(verify: Verify, tokens: Record<string, string | null>) {
  for (const [what, token] of Object.entries(tokens)) {
    expect({ what, answer: await ask(verify, token) }).toEqual({ what, answer: 'UNAUTHORIZED' })
  }
}

describe('a good token', () => {
  test('says who it is, with every claim it carries', async () => {
    const claims = { ...good, families: ['f1'], name: 'Ann' }
    expect(await ask(verifier(), await signToken(claims, secret))).toEqual(claims)
    expect(await ask(verifier(), handmade(hs256, claims))).toEqual(claims)
  })

  test('may name several audiences, leave out iat and typ, and be typed as an access token', async () => {
    expect(await ask(verifier(), handmade(hs256, { ...good, aud: ['x', 'jive'] }))).toHaveProperty(
      'sub',
    )
    expect(
      await ask(verifier(), handmade({ alg: 'HS256' }, { ...good, iat: undefined })),
    ).toBeObject()
    expect(await ask(verifier(), handmade({ ...hs256, typ: 'at+jwt' }, good))).toBeObject()
  })

  test('may come from a clock a few seconds ahead, since clocks differ', async () => {
    const ahead = { ...good, iat: now + 4, nbf: now + 4 }
    expect(await ask(verifier(), handmade(hs256, ahead))).toBeObject()
  })
})

describe('a token is refused without a reason', () => {
  test('when there is none or it is not one', async () => {
    const token = handmade(hs256, good)
    await expectRefused(verifier(), {
      missing: null,
      empty: '',
      text: 'null',
      'two parts': token.split('.').slice(0, 2).join('.'),
      'four parts': `${token}.x`,
      'empty signature': `${token.slice(0, token.lastIndexOf('.'))}.`,
      'a space': ` ${token}`,
      'header is a list': handmade([hs256], good),
      'header is null': handmade('null', good),
      'header is no JSON': handmade('{', good),
      'payload is a list': handmade(hs256, [good]),
      'payload is no UTF-8': handmade(
        hs256,
        Buffer.concat([
          Buffer.from(JSON.stringify({ ...good, name: '' }).slice(0, -2)),
          Buffer.from([0xff, 0x22, 0x7d]),
        ]),
      ),
      deep: handmade(hs256, { ...good, deep: JSON.parse('['.repeat(20) + ']'.repeat(20)) }),
    })
    const refusal = await Promise.resolve()
      .then(() => verifier()(null, 'jive'))
      .catch((error: unknown) => error as Refusal)
    expect(refusal).toMatchObject({ status: 401, message: 'Token missing, invalid or expired' })
    expect(refusal.details).toBeUndefined()
  })

  test('when its signature is not by our key, or its content was changed afterwards', async () => {
    const [header, , signature] = handmade(hs256, good).split('.')
    await expectRefused(verifier(), {
      'another key': handmade(hs256, good, other),
      'a short signature': `${header}.${encode(good)}.AAAA`,
      'a long signature': `${header}.${encode(good)}.${'AAAA'.repeat(40)}`,
      'changed payload': `${header}.${encode({ ...good, sub: 'u2' })}.${signature}`,
      'changed header': `${encode({ ...hs256, kid: 'x' })}.${encode(good)}.${signature}`,
    })
  })

  test('when its algorithm is none, unknown, or another than the key is for', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const pem = JSON.stringify(await exportJWK(publicKey))
    await expectRefused(verifier(), {
      none: new UnsecuredJWT(good).encode(),
      'none with a signature': handmade({ alg: 'none' }, good),
      'None in capitals': handmade({ alg: 'NONE' }, good),
      'in small letters': handmade({ alg: 'hs256' }, good),
      HS384: handmade({ alg: 'HS384' }, good),
      'no algorithm': handmade({ typ: 'JWT' }, good),
      'a list of algorithms': handmade({ alg: ['HS256'] }, good),
      RS256: await new SignJWT(good).setProtectedHeader({ alg: 'RS256' }).sign(privateKey),
      'HS256 with a public key': handmade(hs256, good, pem),
      __proto__: handmade({ alg: '__proto__' }, good),
    })
  })

  test('when it brings its own key, changes the rules, or is a token of another kind', async () => {
    const key = { kty: 'oct', k: encode(secret) }
    await expectRefused(verifier(), {
      jwk: handmade({ ...hs256, jwk: key }, good),
      jku: handmade({ ...hs256, jku: 'http://127.0.0.1/' }, good),
      x5u: handmade({ ...hs256, x5u: 'http://127.0.0.1/' }, good),
      x5c: handmade({ ...hs256, x5c: [] }, good),
      crit: handmade({ ...hs256, crit: ['exp'], exp: 1 }, good),
      b64: handmade({ ...hs256, b64: true }, good),
      'logout token': handmade({ ...hs256, typ: 'logout+jwt' }, good),
      'typ is no text': handmade({ ...hs256, typ: 5 }, good),
      'kid is no text': handmade({ ...hs256, kid: ['a'] }, good),
    })
  })

  test('when its times are missing, wrong in kind, past, to come, or too far apart', async () => {
    const payload = (exp: string, more = '') =>
      `{"sub":"u1","aud":"jive","exp":${exp}${more === '' ? '' : `,${more}`}}`
    await expectRefused(verifier(), {
      'no exp': handmade(hs256, { ...good, exp: undefined }),
      'exp as text': handmade(hs256, payload(`"${now + 60}"`)),
      'exp without end': handmade(hs256, payload('1e400')),
      'exp far beyond safe': handmade(hs256, payload('1e300')),
      'exp null': handmade(hs256, payload('null')),
      'exp with a fraction': handmade(hs256, payload(`${now + 60}.5`)),
      'exp now': handmade(hs256, payload(`${now}`)),
      'exp past': handmade(hs256, payload(`${now - 1}`)),
      'exp negative': handmade(hs256, payload('-1')),
      'span too long': handmade(hs256, payload(`${now + 31 * day}`)),
      'span too long from iat': handmade(hs256, payload(`${now + day}`, `"iat":${now - 30 * day}`)),
      'iat to come': handmade(hs256, payload(`${now + 60}`, `"iat":${now + 30}`)),
      'iat as text': handmade(hs256, payload(`${now + 60}`, `"iat":"${now}"`)),
      'iat null': handmade(hs256, payload(`${now + 60}`, '"iat":null')),
      'iat without end': handmade(hs256, payload(`${now + 60}`, '"iat":-1e400')),
      'nbf to come': handmade(hs256, payload(`${now + 60}`, `"nbf":${now + 30}`)),
      'nbf as text': handmade(hs256, payload(`${now + 60}`, '"nbf":"0"')),
    })
    expect(await ask(verifier(), handmade(hs256, payload(`${now + 30 * day}`)))).toHaveProperty(
      'sub',
    )
  })

  test('when its subject is not a short plain name', async () => {
    for (const sub of [
      undefined,
      null,
      5,
      '',
      'a b',
      'a/b',
      'a\n',
      'é',
      'x'.repeat(65),
      ['u1'],
      { a: 1 },
    ]) {
      expect(await ask(verifier(), handmade(hs256, { ...good, sub }))).toBe('UNAUTHORIZED')
    }
    for (const sub of ['a', 'ann@example.org', 'A_b:c.d-e', 'x'.repeat(64)]) {
      expect(await ask(verifier(), handmade(hs256, { ...good, sub }))).toHaveProperty('sub', sub)
    }
  })

  test('when it is written in another way than the canonical one, so that no token has two texts', async () => {
    const token = handmade(hs256, good)
    const [header = '', payload = '', signature = ''] = token.split('.')
    // 32 bytes leave two bits over: the last letter has three twins that decode alike.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(signature.at(-1) ?? '')
    const twin = signature.slice(0, -1) + alphabet[last ^ 1]
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'))
    await expectRefused(verifier(), {
      'bits left over': `${header}.${payload}.${twin}`,
      padding: `${header}.${payload}.${signature}=`,
      'the other alphabet': `${header}.${payload}.${signature.slice(0, -2)}+/`,
      'a line end inside': `${header}.${payload}\n.${signature}`,
      'a letter too many': `${header}.${payload}.${signature}AA`,
    })
  })

  test('when it is longer than 4 KB, before anything is computed', async () => {
    const sized = (length: number) => {
      const empty = handmade(hs256, { ...good, pad: '' }).length
      return handmade(hs256, { ...good, pad: 'x'.repeat(Math.floor(((length - empty) * 3) / 4)) })
    }
    expect(sized(4_096).length).toBeGreaterThan(4_080)
    expect(await ask(verifier(), sized(4_090))).toBeObject()
    expect(await ask(verifier(), sized(5_000))).toBe('UNAUTHORIZED')
  })
})

describe('a token names its system', () => {
  test('so that user 5 of jive is not player 5 of crash', async () => {
    const verify = verifier()
    const token = handmade(hs256, good)
    expect(await ask(verify, token, 'jive')).toBeObject()
    expect(await ask(verify, token, 'crash')).toBe('UNAUTHORIZED')
    // Once more: what was verified for one system is not remembered for another.
    expect(await ask(verify, token, 'crash')).toBe('UNAUTHORIZED')
    await expectRefused(verify, {
      'no aud': handmade(hs256, { ...good, aud: undefined }),
      'empty aud': handmade(hs256, { ...good, aud: [] }),
      'part of the name': handmade(hs256, { ...good, aud: 'jiv' }),
      'a list in a list': handmade(hs256, { ...good, aud: [['jive']] }),
      'an object': handmade(hs256, { ...good, aud: { jive: true } }),
    })
  })

  test('unless that system has a key of its own, which then is the only one', async () => {
    const verify = verifier({ systems: { crash: { secrets: { '': other } } } })
    const unnamed = { ...good, aud: undefined }
    expect(await ask(verify, handmade(hs256, unnamed, other), 'crash')).toBeObject()
    expect(await ask(verify, handmade(hs256, { ...good, aud: 'crash' }), 'crash')).toBe(
      'UNAUTHORIZED',
    )
    expect(await ask(verify, handmade(hs256, good, other), 'jive')).toBe('UNAUTHORIZED')
  })

  test('and the audience and issuer that are configured, each beside its own keys', async () => {
    const verify = verifier({
      issuer: 'https://id.example.org',
      audience: 'fanfare',
      systems: {
        crash: { secrets: { '': other }, audience: 'casino' },
        locallife: { audience: 'shop' },
        pledge: { issuer: 'https://pledge.example.org' },
      },
    })
    const full = { ...good, aud: ['jive', 'fanfare'], iss: 'https://id.example.org' }
    expect(await ask(verify, handmade(hs256, full))).toBeObject()
    await expectRefused(verify, {
      'no audience': handmade(hs256, { ...full, aud: 'jive' }),
      'no system': handmade(hs256, { ...full, aud: 'fanfare' }),
      'no issuer': handmade(hs256, { ...full, iss: undefined }),
      'another issuer': handmade(hs256, { ...full, iss: 'https://id.example.org/' }),
    })
    const pledge = { ...full, aud: ['pledge', 'fanfare'] }
    const elsewhere = { ...pledge, iss: 'https://pledge.example.org' }
    expect(await ask(verify, handmade(hs256, elsewhere), 'pledge')).toBeObject()
    expect(await ask(verify, handmade(hs256, pledge), 'pledge')).toBe('UNAUTHORIZED')
    const shop = { ...full, aud: ['locallife', 'fanfare', 'shop'] }
    expect(await ask(verify, handmade(hs256, shop), 'locallife')).toBeObject()
    expect(
      await ask(verify, handmade(hs256, { ...shop, aud: ['locallife', 'fanfare'] }), 'locallife'),
    ).toBe('UNAUTHORIZED')
    expect(
      await ask(verify, handmade(hs256, { ...good, aud: 'casino' }, other), 'crash'),
    ).toBeObject()
    expect(await ask(verify, handmade(hs256, { ...good, aud: 'crash' }, other), 'crash')).toBe(
      'UNAUTHORIZED',
    )
  })
})

describe('secrets', () => {
  test('overlap by kid while one is replaced by the next', async () => {
    const verify = verifier({ secrets: { old: secret, new: other } })
    const kid = (name: string) => ({ ...hs256, kid: name })
    expect(await ask(verify, handmade(kid('old'), good))).toBeObject()
    expect(await ask(verify, handmade(kid('new'), good, other))).toBeObject()
    await expectRefused(verify, {
      "another kid's key": handmade(kid('new'), good, secret),
      'an unknown kid': handmade(kid('older'), good),
      'no kid': handmade(hs256, good),
      'a kid of the prototype': handmade(kid('constructor'), good),
    })
  })

  test('under "default" or the empty name are for tokens without kid', async () => {
    for (const name of ['', 'default']) {
      const verify = verifier({ secrets: { [name]: secret, next: other } })
      expect(await ask(verify, await signToken(good, secret))).toBeObject()
      expect(await ask(verify, await signToken(good, other, { kid: 'next' }))).toBeObject()
      expect(await ask(verify, await signToken(good, other))).toBe('UNAUTHORIZED')
    }
  })

  test('that stand alone are for every token, since an issuer may number the only key it has', async () => {
    expect(await ask(verifier(), await signToken(good, secret, { kid: '7' }))).toBeObject()
    expect(
      await ask(verifier({ secrets: { a: secret } }), await signToken(good, secret)),
    ).toBeObject()
  })

  test('under 32 bytes are an error at the start that names the secret and does not tell it', async () => {
    const short = 'x'.repeat(31)
    expect(() => verifier({ secrets: { k1: short } })).toThrow('Secret "k1" has 31 bytes')
    expect(() => verifier({ secrets: { '': short } })).toThrow('at least 32')
    expect(() => verifier({ systems: { crash: { secrets: { '': short } } } })).toThrow(
      'at least 32',
    )
    const umlauts = 'é'.repeat(16)
    expect(
      await ask(verifier({ secrets: { '': umlauts } }), await signToken(good, umlauts)),
    ).toEqual(good)
    await expect(signToken(good, short)).rejects.toThrow('at least 32')
    try {
      verifier({ secrets: { '': short } })
    } catch (error) {
      expect(String(error)).not.toContain(short)
    }
  })

  test('that are missing answer NOT_CONFIGURED, because a new token would not help', async () => {
    expect(await ask(createVerify({ maxSpan: 1 }, fakeClock()), null)).toBe('NOT_CONFIGURED')
  })
})

describe('a repeat', () => {
  test('of a good token is good until its exp', () => {
    const clock = fakeClock(start)
    const verify = verifier({}, clock)
    const token = handmade(hs256, { ...good, exp: now + 60 })
    clock.advance(59_999)
    expect(verify(token, 'jive')).toBeObject()
    clock.advance(1)
    expect(() => verify(token, 'jive')).toThrow(Refusal)
  })

  test('of a refused token is refused', async () => {
    const verify = verifier()
    const bad = handmade(hs256, good, other)
    expect(await ask(verify, bad)).toBe('UNAUTHORIZED')
    expect(await ask(verify, bad)).toBe('UNAUTHORIZED')
  })
})

describe('public keys', () => {
  /** What the issuer answers at the moment, and how often it was asked. */
  const issuer = { keys: [] as JWK[], status: 200, asked: 0 }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch() {
      issuer.asked++
      return Response.json({ keys: issuer.keys }, { status: issuer.status })
    },
  })
  afterAll(() => server.stop(true))

  async function pair(alg: string, kid: string) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid, alg }
    const sign = (claims: Record<string, unknown> = good, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey)
    return { jwk, sign }
  }

  function issued(keys: JWK[], options: Partial<VerifyOptions> = {}, clock = fakeClock(start)) {
    Object.assign(issuer, { keys, status: 200, asked: 0 })
    const jwksUrl = server.url.href
    return createVerify({ jwksUrl, maxSpan: day * 1_000, jwksCooldown: 0, ...options }, clock)
  }

  test('of every allowed kind verify tokens, under the same rules', async () => {
    for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
      const { jwk, sign } = await pair(alg, 'k1')
      const verify = issued([jwk])
      const token = await sign()
      const claims = await ask(verify, token)
      expect(claims).toEqual(good)
      expect(verify(token, 'jive')).toBe(claims as Claims)
      expect(await ask(verify, await sign({ ...good, aud: 'crash' }))).toBe('UNAUTHORIZED')
      expect(await ask(verify, await sign({ ...good, exp: now - 1 }))).toBe('UNAUTHORIZED')
    }
  })

  test('are never taken as secrets, nor secrets as public keys', async () => {
    const rsa = await pair('RS256', 'k1')
    const shared = { kty: 'oct', k: encode(other), kid: 'k2', alg: 'HS256' }
    const verify = issued([rsa.jwk, shared], { secrets: { '': secret } })
    const kid = (name: string) => ({ ...hs256, kid: name })
    expect(await ask(verify, handmade(hs256, good))).toBeObject()
    await expectRefused(verify, {
      'HS256 with the modulus': handmade(kid('k1'), good, rsa.jwk.n),
      'HS256 with the key set': handmade(kid('k1'), good, JSON.stringify(rsa.jwk)),
      'HS256 with a secret from the key set': handmade(kid('k2'), good, other),
      'RS256 signed with the secret': handmade({ alg: 'RS256', kid: 'k1' }, good),
    })
    expect(await ask(verify, await rsa.sign())).toBeObject()
  })

  test('of a kind that is not on the list do not count', async () => {
    const { jwk, sign } = await pair('ES384', 'k1')
    expect(await ask(issued([jwk]), await sign())).toBe('UNAUTHORIZED')
  })

  test('overlap while they are rotated: the new one counts at once, the old one until it is gone', async () => {
    const clock = fakeClock(start)
    const [old, next] = [await pair('ES256', 'old'), await pair('ES256', 'next')]
    const verify = issued([old.jwk], {}, clock)
    expect(await ask(verify, await old.sign())).toBeObject()
    expect(issuer.asked).toBe(1)
    issuer.keys = [old.jwk, next.jwk]
    expect(await ask(verify, await next.sign())).toBeObject()
    expect(await ask(verify, await old.sign({ ...good, sub: 'u2' }))).toBeObject()
    expect(issuer.asked).toBe(2)
    issuer.keys = [next.jwk]
    clock.advance(600_001)
    // The refresh runs beside this request, which no client has to wait for.
    await ask(verify, await next.sign({ ...good, sub: 'u3' }))
    while (issuer.asked < 3) await Bun.sleep(1)
    while (
      (await ask(verify, await old.sign({ ...good, name: `${Math.random()}` }))) !== 'UNAUTHORIZED'
    ) {
      await Bun.sleep(1)
    }
    expect(await ask(verify, await next.sign({ ...good, sub: 'u4' }))).toBeObject()
  })

  test('are not fetched for every unknown kid, because anybody can invent one', async () => {
    const { jwk, sign } = await pair('ES256', 'k1')
    const verify = issued([jwk], { jwksCooldown: 60_000 })
    for (let n = 0; n < 20; n++) {
      expect(await ask(verify, await sign(good, { kid: `invented ${n}` }))).toBe('UNAUTHORIZED')
    }
    expect(issuer.asked).toBe(1)
  })

  test('of an issuer that is down are asked for now and then, not for every token', async () => {
    const clock = fakeClock(start)
    const { jwk, sign } = await pair('ES256', 'k1')
    const verify = issued([jwk], { jwksCooldown: 60_000 }, clock)
    expect(await ask(verify, await sign())).toBeObject()
    issuer.status = 500
    clock.advance(600_001)
    for (let n = 0; n < 10; n++) {
      expect(await ask(verify, await sign({ ...good, sub: `u${n}` }))).toBeObject()
      await fetch(server.url)
    }
    // Ten of the requests are this test's own: each waits until an earlier one of the verifier is through.
    expect(issuer.asked).toBe(1 + 1 + 10)
  })

  test('that cannot be fetched answer 503 and not 401, since the token may be good', async () => {
    const { jwk, sign } = await pair('ES256', 'k1')
    const verify = issued([jwk])
    issuer.status = 500
    expect(await ask(verify, await sign())).toBe('OVERLOADED')
    const gone = issued([jwk], { jwksUrl: 'http://127.0.0.1:1/' })
    expect(await ask(gone, await sign())).toBe('OVERLOADED')
    // A token that is bad in itself is refused without asking anybody.
    expect(await ask(gone, await sign({ ...good, exp: now - 1 }))).toBe('UNAUTHORIZED')
    issuer.status = 200
    expect(await ask(verify, await sign())).toBeObject()
  })

  test('that are too many, or packed though nobody asked for that, are not taken', async () => {
    const { jwk, sign } = await pair('ES256', 'k1')
    const text = (keys: JWK[]) => JSON.stringify({ keys })
    const filled = (bytes: number) => {
      const rest = bytes - text([jwk, { kty: 'oct', k: '' }]).length
      return text([jwk, { kty: 'oct', k: 'x'.repeat(rest) }])
    }
    const packed = { headers: { 'content-encoding': 'gzip' } }
    const answers: [() => Response, boolean][] = [
      [() => new Response(filled(1_048_576)), true],
      [() => new Response(filled(1_048_577)), false],
      [() => new Response(Bun.gzipSync(text([jwk])), packed), false],
    ]
    for (const [answer, taken] of answers) {
      using other = Bun.serve({ port: 0, fetch: answer })
      const verify = issued([], { jwksUrl: other.url.href })
      expect(await ask(verify, await sign())).toEqual(taken ? good : 'OVERLOADED')
    }
  })

  test('that were fetched before go on while the issuer is down, for a day and no longer', async () => {
    const clock = fakeClock(start)
    const { jwk, sign } = await pair('ES256', 'k1')
    const lasting = { ...good, iat: undefined, exp: now + 20 * day }
    const verify = issued([jwk], { maxSpan: 30 * day * 1_000 }, clock)
    expect(await ask(verify, await sign(lasting))).toBeObject()
    issuer.status = 500
    clock.advance(23 * 3_600_000)
    expect(await ask(verify, await sign({ ...lasting, sub: 'u2' }))).toBeObject()
    clock.advance(2 * 3_600_000)
    expect(await ask(verify, await sign({ ...lasting, sub: 'u3' }))).toBe('OVERLOADED')
  })

  test('a token without kid needs a key set with one key that fits', async () => {
    const [first, second] = [await pair('ES256', 'a'), await pair('ES256', 'b')]
    const token = await first.sign(good, { kid: undefined })
    expect(await ask(issued([first.jwk]), token)).toBeObject()
    expect(await ask(issued([first.jwk, second.jwk]), token)).toBe('UNAUTHORIZED')
  })
})
