import { describe, expect, test } from 'bun:test'
import { ConfigError, loadConfig, type Sources } from '../../src/config.ts'

async function listeners(sources: Partial<Sources>): Promise<string[]> {
  const { config } = await loadConfig({ env: {}, dev: false, folder: '/nonexistent', ...sources })
  return config.listen.map(({ host, port, systems }) => `${host} ${port} ${systems}`)
}

describe('listen', () => {
  const cases: [string, Partial<Sources>, string[]][] = [
    [
      'the defaults serve the world',
      {},
      ['0.0.0.0 8080 *', '0.0.0.0 8012 jive', '0.0.0.0 8001 crash'],
    ],
    [
      '--dev serves this machine',
      { dev: true },
      ['127.0.0.1 8080 *', '127.0.0.1 8012 jive', '127.0.0.1 8001 crash'],
    ],
    ['spaces separate', env('8080=* [::1]:1=jive'), ['0.0.0.0 8080 *', '::1 1 jive']],
    ['commas separate entries', env('8080=*,h:1=jive'), ['0.0.0.0 8080 *', 'h 1 jive']],
    ['commas separate systems too', env('1=jive,jive,2=*'), ['0.0.0.0 1 jive,jive', '0.0.0.0 2 *']],
    ['an empty value turns off', env('8080=* 8012='), ['0.0.0.0 8080 *']],
    [
      'only an empty value leaves the others on',
      env('8012='),
      ['0.0.0.0 8080 *', '0.0.0.0 8001 crash'],
    ],
    [
      '--listen repeats',
      { flags: { listen: ['1=*', '2=jive'] } },
      ['0.0.0.0 1 *', '0.0.0.0 2 jive'],
    ],
    [
      'a system that does not run is not served',
      { env: { FANFARE_SYSTEMS: 'dcs' } },
      ['0.0.0.0 8080 *'],
    ],
    ['port 0 may repeat', env('0=* 0=jive'), ['0.0.0.0 0 *', '0.0.0.0 0 jive']],
    [
      '--port is of the first',
      { flags: { port: '9' } },
      ['0.0.0.0 9 *', '0.0.0.0 8012 jive', '0.0.0.0 8001 crash'],
    ],
    [
      '--host is of those that name none',
      { ...env('a:1=* 2=jive'), flags: { host: '::1' } },
      ['a 1 *', '::1 2 jive'],
    ],
    [
      '--dev leaves a host that is configured',
      { ...env('0.0.0.0:1=* 2=jive'), dev: true },
      ['0.0.0.0 1 *', '127.0.0.1 2 jive'],
    ],
  ]
  test.each(cases)('%s', async (_, sources, expected) => {
    expect(await listeners(sources)).toEqual(expected)
  })

  const bad: [string, Partial<Sources>, RegExp][] = [
    ['no listener at all', env('8080= 8012= 8001='), /at least one listener/],
    ['one port twice', env('1=* 1=jive'), /listen\.1: Port 1 is listed twice/],
    ['a port beyond 65535', env('70000=*'), /from 0 to 65535/],
    ['a bad --port', { flags: { port: 'x' } }, /listen\.0: .*\(flag --port\)/],
    ['an unknown system', env('1=jvie'), /did you mean "jive"/],
    ['all systems and one of them', env('1=*,jive'), /listen\.0: Expected "\*" alone/],
  ]
  test.each(bad)('%s is refused', async (_, sources, message) => {
    const fault = listeners(sources).catch((error: ConfigError) => error.faults?.join())
    expect(await fault).toMatch(message)
  })
})

function env(listen: string): Partial<Sources> {
  return { env: { FANFARE_LISTEN: listen } }
}
