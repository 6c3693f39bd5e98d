import { afterEach, expect, test } from 'bun:test'
import { descriptions } from '../../src/descriptions.ts'
import { adapted } from '../../src/documents/adapt.ts'
import { openapiOf } from '../../src/documents/openapi.ts'
import { version } from '../../src/version.ts'
import { cleanUp, serve } from './server.ts'

afterEach(cleanUp)

test('serve --dev names the page of its documents, and what it serves is what the sources say, packed or not', async () => {
  const server = serve(['--dev'], { FANFARE_LISTEN: '127.0.0.1:0=jive 127.0.0.1:0=*' })
  await server.until('every route and frame')
  const [, page = ''] = /^ +(http:\S+\/docs) +every route and frame/m.exec(server.out())!
  expect(await (await fetch(page)).text()).toContain('id="publishBatch"')
  const told = await (await fetch(new URL('openapi.json', page))).json()
  const systems = ['console', 'dcs', 'jive', 'locallife', 'pledge', 'crash']
  const here = { systems, pages: true, development: true, decimals: 2 }
  expect(told).toEqual(adapted(openapiOf(descriptions, version), here))
  server.child.kill('SIGTERM')
  expect((await server.end()).code).toBe(0)
})

test('serve --dev names no page where there is none', async () => {
  const server = serve(['--dev'], { FANFARE_DOCS: 'false' })
  await server.until('Server key')
  expect(server.out()).not.toContain('/docs')
  server.child.kill('SIGTERM')
  expect((await server.end()).code).toBe(0)
})
