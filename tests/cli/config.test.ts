import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyFolder, fanfare } from './run.ts'

const secret = '0123456789abcdef0123456789abcdef'

test('config check tells every fault on stderr and exits 2', async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'fanfare.toml'), '[log]\nlevl = 1\n[server]\ndrain = 1\n')
  const { out, err, exitCode } = await fanfare(['config', 'check'], { folder })
  expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 })
  expect(err.split('\n')).toEqual([
    'log.levl: Unknown key, did you mean "log.level" (fanfare.toml:2:1)',
    'server.drain: Expected a duration such as "10s", got 1 (fanfare.toml:4:1)',
  ])
  const json = await fanfare(['config', 'check', '--json'], { folder })
  expect(json.exitCode).toBe(2)
  expect(JSON.parse(json.out)).toEqual({ ok: false, faults: err.split('\n'), warnings: [] })
})

test('config check refuses what serve would refuse: production without a secret', async () => {
  const { err, exitCode } = await fanfare(['config', 'check'], { env: { NODE_ENV: 'production' } })
  expect(exitCode).toBe(2)
  expect(err).toContain('openssl rand -hex 32')
})

test('config check warns and is content', async () => {
  const env = { FANFARE_AUTH_SECRET: secret, FANFARE_LISTN: '1' }
  const { out, err, exitCode } = await fanfare(['config', 'check'], { env })
  expect({ out, exitCode }).toEqual({ out: 'The configuration is good', exitCode: 0 })
  expect(err).toBe(
    'Warning: Unknown environment variable "FANFARE_LISTN", did you mean "FANFARE_LISTEN"',
  )
})

test('config show --origin says where each value comes from and hides the secrets', async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'own.toml'), '[server]\ndrain = "3s"\n')
  const env = { FANFARE_AUTH_SECRET: secret, FANFARE_LOG_LEVEL: 'warn' }
  const { out } = await fanfare(['config', 'show', '--origin', '-c', 'own.toml'], { env, folder })
  const lines = out.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  expect(lines).toContain('server.drain = "3s" # own.toml:2:1')
  expect(lines).toContain('log.level = "warn" # environment FANFARE_LOG_LEVEL')
  expect(lines).toContain('auth.secret = "***" # environment FANFARE_AUTH_SECRET')
  expect(lines).toContain('log.format = "auto" # default')
  expect(out).not.toContain(secret)
  const json = await fanfare(['config', 'show', '--origin', '--json', '-c', 'own.toml'], {
    env,
    folder,
  })
  expect(JSON.parse(json.out)['server.drain']).toEqual({ value: '3s', origin: 'own.toml:2:1' })
  expect(json.out).not.toContain(secret)
})

test('config default is a file that config check takes', async () => {
  const folder = emptyFolder()
  const { out } = await fanfare(['config', 'default'])
  writeFileSync(join(folder, 'fanfare.toml'), out)
  const env = { FANFARE_AUTH_SECRET: secret }
  expect((await fanfare(['config', 'check'], { folder, env })).exitCode).toBe(0)
})

test('config schema is JSON with every table', async () => {
  const { properties } = JSON.parse((await fanfare(['config', 'schema'])).out)
  expect(Object.keys(properties)).toContain('limits')
})
