import { describe, expect, test } from 'bun:test'
import { version } from '../../src/version.ts'
import { fanfare } from './run.ts'

describe('usage', () => {
  const wrong: [string, string[], RegExp][] = [
    ['a typo of a verb gets a suggestion', ['sreve'], /Did you mean serve\?/],
    ['a typo of a second verb too', ['config', 'chek'], /Did you mean check\?/],
    ['a typo of an option too', ['version', '--jsom'], /Did you mean --json\?/],
    ['a missing argument', ['key', 'create'], /missing required argument 'name'/],
    ['one argument too many', ['version', 'x'], /too many arguments/],
    ['a name that cannot be one', ['key', 'create', 'a b'], /got "a b"/],
    ['an unknown scope', ['key', 'create', 'a', '--scope', 'all'], /got "all"/],
    ['an unknown system', ['token', 'create', 'ann', '--system', 'x'], /got "x"/],
    ['a subject that no token may have', ['token', 'create', 'a b'], /got "a b"/],
    ['data that is no JSON', ['publish', 'jive/global', 'X', '{x'], /Expected JSON, got "{x"/],
    ['a channel without a system', ['history', 'family'], /got "family"/],
    [
      'a server without an address',
      ['history', 'jive/global', '--url', 'x', '--key', 'k'],
      /got "x"/,
    ],
    ['no key for the server', ['history', 'jive/global'], /--key/],
    ['a socket without an address', ['connect', 'x'], /got "x"/],
    ['a port that is none', ['simulate', 'exchange', '--port', '70000'], /got "70000"/],
    ['a rate that is none', ['simulate', 'exchange', '--rate', '-1'], /got "-1"/],
    ['a symbol that is none', ['simulate', 'exchange', '--symbol', 'PLGR'], /got "PLGR"/],
    ['a fault that is none', ['simulate', 'exchange', '--fault', 'rain'], /got "rain"/],
    ['a fault of no amount', ['simulate', 'exchange', '--fault', 'drop=x'], /got "drop=x"/],
    ['a header that is none', ['connect', 'ws://h', '--header', 'x'], /got "x"/],
  ]
  test.concurrent.each(wrong)('%s: exit 2', async (_, words, message) => {
    const { out, err, exitCode } = await fanfare(words)
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 })
    expect(err).toMatch(message)
  })

  const verbs = [
    [],
    ['serve'],
    ['config'],
    ['config', 'check'],
    ['config', 'show'],
    ['config', 'default'],
    ['config', 'schema'],
    ['token', 'create'],
    ['token', 'check'],
    ['key', 'create'],
    ['key', 'list'],
    ['key', 'revoke'],
    ['publish'],
    ['history'],
    ['end'],
    ['connect'],
    ['doctor'],
    ['simulate'],
    ['simulate', 'exchange'],
    ['bench'],
    ['version'],
  ]
  test.concurrent.each(verbs.map((words) => [words.join(' '), words] as const))(
    '"fanfare %s --help" has an example',
    async (_, words) => {
      const { out, exitCode } = await fanfare([...words, '--help'])
      expect(exitCode).toBe(0)
      expect(out).toMatch(/^Examples?:\n {2}fanfare /m)
    },
  )

  test('help names no default that is nothing', async () => {
    for (const words of [['key', 'create'], ['connect']]) {
      expect((await fanfare([...words, '--help'])).out).not.toContain('default: []')
    }
  })

  test('version tells what runs, for people and for programs', async () => {
    const { out } = await fanfare(['version'])
    expect(out).toContain(version)
    const { out: json } = await fanfare(['version', '--json'])
    expect(JSON.parse(json)).toMatchObject({ version, bun: Bun.version })
  })

  test('a fault of the machine is one line without a stack, and a stack with FANFARE_LOG_LEVEL=debug', async () => {
    const env = { FANFARE_DATA_DIR: '/dev/null/x' }
    const plain = await fanfare(['key', 'create', 'any'], { env })
    expect(plain.exitCode).toBe(1)
    expect(plain.err.split('\n')).toHaveLength(1)
    const debug = await fanfare(['key', 'create', 'any'], {
      env: { ...env, FANFARE_LOG_LEVEL: 'debug' },
    })
    expect(debug.exitCode).toBe(1)
    expect(debug.err).toContain('    at ')
  })
})
