import { expect, test } from 'bun:test'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../fixture.ts'
import { emptyFolder, fanfare } from './run.ts'

test('a key is shown once on stdout and afterwards only by name', async () => {
  const env = { FANFARE_DATA_DIR: emptyFolder() }
  const words = ['key', 'create', 'billing', '--scope', 'publish', '--scope', 'admin']
  const { out: key, err, exitCode } = await fanfare(words, { env })
  expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 })
  expect(key).toMatch(/^fk_[\w-]{43}$/)
  const { out } = await fanfare(['key', 'list', '--json'], { env })
  expect(out).not.toContain(key)
  expect(JSON.parse(out).keys).toMatchObject([
    { name: 'billing', scopes: ['publish', 'admin'], revokedAt: null },
  ])
  expect((await fanfare(['key', 'create', 'billing'], { env })).exitCode).toBe(1)
})

test('whatever is kept is for its user alone, in a folder that others can read too', async () => {
  const folder = emptyFolder()
  chmodSync(folder, 0o755)
  await fanfare(['key', 'create', 'billing'], { env: { FANFARE_DATA_DIR: folder } })
  const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777])
  expect(modes).toContainEqual(['fanfare.db', 0o600])
  for (const mode of modes) expect(mode).toEqual([mode[0]!, 0o600])
})

test('a key cannot take the name of the server itself, whose entries would be mixed up with its own', async () => {
  const { err, exitCode } = await fanfare(['key', 'create', 'server_key'])
  expect({ err, exitCode }).toEqual({
    err: '"server_key" is a name of the server itself',
    exitCode: 2,
  })
})

test('a revoked key is listed as such, and a second revocation finds nothing', async () => {
  const env = { FANFARE_DATA_DIR: emptyFolder() }
  await fanfare(['key', 'create', 'billing'], { env })
  expect((await fanfare(['key', 'revoke', 'billing'], { env })).exitCode).toBe(0)
  expect((await fanfare(['key', 'list'], { env })).out).toMatch(/^billing .*revoked 20/)
  const again = await fanfare(['key', 'revoke', 'billing'], { env })
  expect(again).toEqual({ out: '', err: 'No key named "billing" holds', exitCode: 1 })
})

test('looking at the keys of a folder without data makes none, so that a mistyped path stays visible', async () => {
  const folder = emptyFolder()
  const nothing = await fanfare(['key', 'list'], { folder })
  expect(nothing).toEqual({ out: '', err: '', exitCode: 0 })
  const revoked = await fanfare(['key', 'revoke', 'billing'], { folder })
  expect(revoked).toEqual({ out: '', err: 'No key named "billing" holds', exitCode: 1 })
  expect(readdirSync(folder)).toEqual([])
})

test('a running server takes a new key at once and refuses a revoked one within a second', async () => {
  await using server = await start()
  const env = { FANFARE_DATA_DIR: server.dir }
  const { out: key } = await fanfare(['key', 'create', 'billing'], { env })
  expect((await server.fetch('/api/channels', { token: key })).status).toBe(200)
  expect((await server.fetch('/api/connections', { token: key })).status).toBe(403)
  await fanfare(['key', 'revoke', 'billing'], { env })
  server.clock.advance(1_000)
  expect((await server.fetch('/api/channels', { token: key })).status).toBe(401)
})
