import { fields } from './http-fields.ts'
import type { Route } from './http-send.ts'
import type { Town } from './http-town.ts'

const looks = { method: 'GET', who: 'read', or: ['admin'], status: 200 } as const

/** A connection of one of the bystanders. */
async function connected({ house }: Town): Promise<string> {
  const { connections } = await house.call('GET', '/api/connections?system=jive&user=bystander')
  return connections[0].id
}

/** Waits until no audit runs. */
async function audited({ house }: Town): Promise<void> {
  const state = () => house.call('GET', '/api/console/crash/audit')
  while ((await state()).state === 'running') await Bun.sleep(10)
}

/** The routes of the console. */
export const consoleRoutes: readonly Route[] = [
  { method: 'GET', path: '/console', who: 'anybody', status: 200, good: () => ({}) },
  {
    method: 'POST',
    path: '/api/console/session',
    who: 'anybody',
    status: 201,
    mostBytes: 4_096,
    fields: fields.console,
    good: ({ house }) => ({ body: { key: house.keys.read } }),
  },
  ...(['GET', 'DELETE'] as const).map((method): Route => ({
    method,
    path: '/api/console/session',
    who: 'session',
    status: method === 'GET' ? 200 : 204,
    good: () => ({}),
  })),
  { ...looks, path: '/api/console/overview', endless: true, good: () => ({}) },
  {
    ...looks,
    path: '/api/console/connections/:id',
    good: async (town) => ({ params: { id: await connected(town) } }),
  },
  {
    ...looks,
    path: '/api/console/connections/:id/frames',
    endless: true,
    good: async (town) => ({ params: { id: await connected(town) } }),
  },
  { ...looks, path: '/api/console/kinds', good: () => ({}) },
  { ...looks, path: '/api/console/live', endless: true, good: () => ({ query: 'system=jive' }) },
  {
    ...looks,
    path: '/api/console/deliveries',
    numbers: { version: [1, Number.MAX_SAFE_INTEGER] },
    good: () => ({ query: 'user=ann&channel=jive/family:f2&version=1' }),
  },
  {
    ...looks,
    path: '/api/console/crash',
    numbers: { rounds: [1, 10_000] },
    good: () => ({ query: 'rounds=5' }),
  },
  { ...looks, path: '/api/console/crash/audit', good: () => ({}) },
  {
    method: 'POST',
    path: '/api/console/crash/audit',
    who: 'admin',
    status: 202,
    good: async (town) => {
      await audited(town)
      return {}
    },
  },
  { ...looks, path: '/api/console/logs', endless: true, good: () => ({ query: 'level=warn' }) },
  { ...looks, path: '/api/console/config', good: () => ({}) },
]
