import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { clientAddress, isLoopback, isNetwork, limitKey } from '../../src/core/address.ts'

function behind(...hops: string[]): Headers {
  return new Headers({ 'x-forwarded-for': hops.join(', ') })
}

describe('the address of a client', () => {
  test('is the peer when nobody is trusted, whatever the header claims', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.array(fc.ipV4()), (peer, hops) => {
        expect(clientAddress(peer, behind(...hops), [])).toBe(peer)
      }),
    )
  })

  test('is the peer when the peer is no trusted proxy, because anybody can send the header', () => {
    expect(clientAddress('203.0.113.9', behind('198.51.100.1'), ['10.0.0.0/8'])).toBe('203.0.113.9')
  })

  test('is the right-most hop that is not trusted, so that what a client put before it does not count', () => {
    const trusted = ['10.0.0.0/8']
    expect(clientAddress('10.0.0.1', behind('1.1.1.1', '198.51.100.1', '10.9.9.9'), trusted)).toBe(
      '198.51.100.1',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string().map(encodeURIComponent))),
        fc.array(fc.nat(255).map((n) => `10.0.0.${n}`)),
        (claimed, proxies) => {
          const headers = behind(...claimed, '198.51.100.1', ...proxies)
          expect(clientAddress('10.0.0.1', headers, trusted)).toBe('198.51.100.1')
        },
      ),
    )
  })

  test('is the left-most hop when all are trusted, and the peer without a header', () => {
    const trusted = ['10.0.0.0/8', 'loopback']
    expect(clientAddress('127.0.0.1', behind('10.0.0.7', '10.0.0.8'), trusted)).toBe('10.0.0.7')
    expect(clientAddress('127.0.0.1', new Headers(), trusted)).toBe('127.0.0.1')
  })

  test('is the last good address when a hop is malformed, because what stands left of it is a guess', () => {
    for (const bad of [
      '',
      'unknown',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '256.1.1.1',
      '1.2.3.4:80',
    ]) {
      const headers = behind('198.51.100.1', bad, '10.0.0.2')
      expect(clientAddress('10.0.0.1', headers, ['10.0.0.0/8'])).toBe('10.0.0.2')
    }
    expect(clientAddress('10.0.0.1', behind(''), ['10.0.0.0/8'])).toBe('10.0.0.1')
  })

  test('joins several headers in their order, as a proxy that appends its own does', () => {
    const headers = new Headers()
    headers.append('x-forwarded-for', '1.1.1.1')
    headers.append('x-forwarded-for', '198.51.100.1')
    expect(clientAddress('::1', headers, ['loopback'])).toBe('198.51.100.1')
  })

  test('is told in IPv4 when it is IPv4 mapped into IPv6, for the peer and for hops', () => {
    expect(clientAddress('::ffff:203.0.113.9', new Headers(), [])).toBe('203.0.113.9')
    expect(clientAddress('::ffff:cb00:7109', new Headers(), [])).toBe('203.0.113.9')
    expect(clientAddress('::ffff:10.0.0.1', behind('::FFFF:1.2.3.4'), ['10.0.0.0/8'])).toBe(
      '1.2.3.4',
    )
  })

  test('a peer that is no address is nobody trusted', () => {
    expect(clientAddress('', behind('1.1.1.1'), ['0.0.0.0/0', '::/0'])).toBe('')
  })

  test('trusts IPv6 ranges and single addresses, but nothing beside them', () => {
    const trusted = ['fd00::/8', '192.0.2.1']
    expect(clientAddress('fdff::1', behind('1.1.1.1'), trusted)).toBe('1.1.1.1')
    expect(clientAddress('192.0.2.1', behind('1.1.1.1'), trusted)).toBe('1.1.1.1')
    expect(clientAddress('fe00::1', behind('1.1.1.1'), trusted)).toBe('fe00::1')
    expect(clientAddress('192.0.2.2', behind('1.1.1.1'), trusted)).toBe('192.0.2.2')
  })

  test('an IPv4 range holds exactly the addresses that share its leading bits', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(32), (a, b, bits) => {
        const text = (n: number) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255].join('.')
        const inside = Math.floor(a / 2 ** (32 - bits)) === Math.floor(b / 2 ** (32 - bits))
        const seen = clientAddress(text(b), behind('::5'), [`${text(a)}/${bits}`])
        expect(seen).toBe(inside ? '::5' : text(b))
      }),
    )
  })

  test('a misspelt range is an error and not an empty one', () => {
    expect(() => clientAddress('10.0.0.1', behind('1.1.1.1'), ['10.0.0.0/33'])).toThrow(
      '10.0.0.0/33',
    )
  })
})

describe('the key of limits', () => {
  test('is the /64 of an IPv6 address however it is written, since a client has all of it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 }), (tail) => {
        const low = tail.map((group) => group.toString(16)).join(':')
        expect(limitKey(`2001:db8:0:7:${low}`)).toBe('2001:db8:0:7::/64')
        expect(limitKey(`2001:0DB8:0000:0007:${low}`)).toBe('2001:db8:0:7::/64')
      }),
    )
    expect(limitKey('2001:db8:0:8::1')).not.toBe(limitKey('2001:db8:0:7::1'))
    expect(limitKey('::1')).toBe('0:0:0:0::/64')
  })

  test('is the address itself for IPv4, mapped or not', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(limitKey(address)).toBe(address)
        expect(limitKey(`::ffff:${address}`)).toBe(address)
      }),
    )
  })

  test('takes every valid IPv6 address to one key, and leaves alone what is none', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(limitKey(address)).toMatch(
          /^([0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}::\/64|\d+(\.\d+){3})$/,
        )
      }),
    )
    for (const text of [
      ':',
      ':::',
      '1::2::3',
      '1:2',
      'fe80::1%eth0',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      '1:2:3:4::5:6:7:8',
      '1.2.3.4::1',
    ]) {
      expect(limitKey(text)).toBe(text)
    }
  })
})

describe('loopback and ranges', () => {
  test('loopback is 127.0.0.0/8 and ::1 in every spelling, and nothing that looks like it', () => {
    for (const address of [
      '127.0.0.1',
      '127.255.0.3',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::ffff:127.0.0.1',
    ]) {
      expect(isLoopback(address)).toBe(true)
    }
    for (const address of ['128.0.0.1', '::2', '1::1', '::127.0.0.1', 'localhost', '', '127.1']) {
      expect(isLoopback(address)).toBe(false)
    }
  })

  test('a configuration may name addresses, ranges and loopback, nothing else', () => {
    for (const text of [
      'loopback',
      '10.0.0.0/8',
      '::1',
      'fd00::/8',
      '0.0.0.0/0',
      '::/0',
      '1.2.3.4/32',
    ]) {
      expect(isNetwork(text)).toBe(true)
    }
    for (const text of [
      '',
      'localhost',
      '10.0.0.0/33',
      '10.0.0.0/08',
      '10.0.0.0/',
      '::/129',
      '1.2.3.4/8/9',
    ]) {
      expect(isNetwork(text)).toBe(false)
    }
  })
})
