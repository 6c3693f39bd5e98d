import { expect, test } from 'bun:test'
import {
  channelPattern,
  newApiKey,
  newApiSecret,
  newChannel,
} from '../../../src/systems/dcs/secrets.ts'
import { isSignature, signature } from '../../../src/systems/dcs/signing.ts'
import { golden } from './scenario.ts'

const { secret, sign, ...vector } = JSON.parse(golden('signature'))

test('D20: the vector comes out to the digit', () => {
  expect(signature(secret, vector)).toBe(sign)
  expect(isSignature(sign, secret, vector)).toBe(true)
})

test('D19: hex digits mean the same in either case', () => {
  expect(isSignature(sign.toUpperCase(), secret, vector)).toBe(true)
})

test('D19: every part counts, and nothing that is not the whole signature passes', () => {
  for (const part of ['apiKey', 'timestamp', 'nonce', 'payload']) {
    expect(isSignature(sign, secret, { ...vector, [part]: `${vector[part]}0` })).toBe(false)
  }
  expect(isSignature(sign, 'test-secre', vector)).toBe(false)
  for (const wrong of [
    '',
    sign.slice(1),
    `${sign}0`,
    ` ${sign}`,
    sign.replace('0', '1'),
    'ß'.repeat(32),
  ]) {
    expect(isSignature(wrong, secret, vector)).toBe(false)
  }
})

test('D19: text that is not ASCII is signed as UTF-8', () => {
  const payload = 'name=渠道'
  const bytes = new TextEncoder().encode(vector.apiKey + vector.timestamp + vector.nonce + payload)
  const expected = new Bun.CryptoHasher('sha256', secret).update(bytes).digest('hex')
  expect(signature(secret, { ...vector, payload })).toBe(expected)
})

test('D6: channels are 22 characters over 62, all of them about as often, and none comes twice', () => {
  const seen = Array.from({ length: 20_000 }, newChannel)
  expect(seen.every((channel) => channelPattern.test(channel))).toBe(true)
  expect(new Set(seen).size).toBe(seen.length)
  const counts = new Map<string, number>()
  for (const character of seen.join('')) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(62)
  const mean = (seen.length * 22) / 62
  // Eight standard deviations; without throwing bytes away eight characters would lie 25% above the others.
  for (const count of counts.values())
    expect(Math.abs(count - mean)).toBeLessThan(8 * Math.sqrt(mean))
})

test('D20: API keys look like the one of the vector, secrets hold 256 bits', () => {
  expect(vector.apiKey).toMatch(/^[0-9A-F]{32}$/)
  expect(newApiKey()).toMatch(/^[0-9A-F]{32}$/)
  expect(newApiKey()).not.toBe(newApiKey())
  expect(newApiSecret()).toMatch(/^[0-9A-Za-z]{43}$/)
})
