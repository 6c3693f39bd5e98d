import { expect, test } from 'bun:test'
import type { Hono } from 'hono'
import { localBroker } from '../../src/brokers/local.ts'
import type { ConsoleParts } from '../../src/console/parts.ts'
import { consoleRoutes } from '../../src/console/routes.ts'
import { createRegistry } from '../../src/core/registry.ts'
import { publicApp, type House } from '../../src/listeners.ts'
import type { AnySystem } from '../../src/server.ts'
import { allSystems, type Plug } from '../../src/systems.ts'
import { start } from '../fixture.ts'
import { withField, wrong } from './http-wrongs.ts'
import { wrongOf, type Trial } from './http-judge.ts'
import { routes, sockets } from './http-routes.ts'
import type { Town } from './http-town.ts'
import { ask } from './raw-http.ts'

const all = ({ method, path }: { method: string; path: string }) => `${method} ${path}`

/** A server in development, as the program makes it, and what its listener for everything is made of. */
async function built() {
  let made: Pick<House, 'config' | 'systems'> | undefined
  const plug: Plug = (host, thread, config) => {
    const systems: readonly AnySystem[] = allSystems(host, thread, config)
    made = { config, systems }
    return systems
  }
  const server = await start({ dev: true }, { plug })
  const { config, systems } = made!
  const desk = () => Promise.reject(new Error('nobody asks'))
  const page = () => Promise.reject(new Error('nobody looks'))
  const console = { routes: (app: Hono) => consoleRoutes(app, {} as ConsoleParts, desk, page) }
  const others = {
    console,
    broker: localBroker(),
    registry: createRegistry(),
    draining: { now: false },
  }
  const house = { ...server.host, ...others, config, systems, running: [] } as unknown as House
  return { server, systems, app: publicApp(house, systems, true) }
}

test('the table has every route there is, and none that is not, so that a new one is tried with all that is wrong', async () => {
  const { server, app } = await built()
  await using _ = server
  const registered = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
    .map(all)
  expect([...new Set(registered)].sort()).toEqual(routes.map(all).sort())
})

test('the table has every address of a socket, too', async () => {
  const { server, systems } = await built()
  await using _ = server
  const shared = systems.flatMap(({ paths }) => paths.shared)
  expect(shared.toSorted()).toEqual(sockets.toSorted())
})

test('what is registered for every method is the address of partners or of everybody', async () => {
  const { server, app } = await built()
  await using _ = server
  const wide = app.routes.filter(({ method }) => method === 'ALL').map(({ path }) => path)
  const known = ['/*', '/ws/:channel', '/websocket/v1/*', '/ws/:rest{.*}']
  const others = wide.filter((path) => !known.includes(path) && !path.startsWith('/api/crash/'))
  expect(others).toEqual([])
})

test('what is for development alone is not there without it', async () => {
  await using server = await start()
  const trials = routes
    .filter(({ dev }) => dev === true)
    .map(({ method, path }) => ({
      what: `${method} ${path}`,
      expected: '404 NOT_FOUND',
      ask: () => ask(server.url, { method, target: path }),
    }))
  expect(trials.length).toBeGreaterThan(3)
  expect(await wrongOf(trials)).toEqual([])
})

test('what is for development alone refuses bad fields, too', async () => {
  await using server = await start({ dev: true })
  const { method, path, good, fields = {} } = routes.find((one) => one.dev && one.fields)!
  const { body } = await good({} as Town)
  const at = (json: string, field: string) =>
    ask(server.url, { method, target: path, body: withField(body, field, json) })
  const trials = Object.entries(fields).flatMap(([field, { kind }]) =>
    wrong[kind].map((json): Trial => {
      const expected = json.length > 4_000 ? '413 PAYLOAD_TOO_LARGE' : '400 INVALID_REQUEST'
      return { what: `${field} = ${json.slice(0, 60)}`, expected, ask: () => at(json, field) }
    }),
  )
  expect(trials.length).toBeGreaterThan(40)
  expect(await wrongOf(trials)).toEqual([])
  expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
})
