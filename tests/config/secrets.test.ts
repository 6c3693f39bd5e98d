import { expect, test } from 'bun:test'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { certificate } from '../certificate.ts'

/** The faults of a certificate and a key, which Bun.serve would tell in the words of OpenSSL. */
async function faults(cert: string, key: string): Promise<readonly string[]> {
  const env = { FANFARE_TLS_CERT: cert, FANFARE_TLS_KEY: key }
  try {
    await loadConfig({ env, dev: false, folder: '/nowhere' })
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

const { cert, key } = certificate

test('a certificate with its private key is taken', async () => {
  expect(await faults(cert, key)).toEqual([])
})

test('the key of another certificate is told before a start fails on it', async () => {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign'],
  )
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
  const other = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`
  expect(await faults(cert, other)).toEqual([
    'tls.key: Expected the private key of tls.cert (environment FANFARE_TLS_KEY)',
  ])
})

test.each([
  ['swapped', key, cert],
  ['no PEM but its first line', '-----BEGIN CERTIFICATE-----', key],
])('%s: the two settings are named', async (_, first, second) => {
  expect(await faults(first, second)).toEqual([
    'tls.key: Expected a certificate in tls.cert and its private key in tls.key (environment FANFARE_TLS_KEY)',
  ])
})
