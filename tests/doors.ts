import { serverKey, type Fixture } from './fixture.ts'
import { partner } from './systems/dcs/scenario.ts'

/** The address of a socket on each system that lets its client in, by name of the system. */
export async function openDoors(server: Fixture): Promise<Readonly<Record<string, string>>> {
  const { channel } = await partner(server, 'door')
  const body = { role: 'operator' }
  const path = '/api/locallife/operators/door'
  await server.fetch(path, { method: 'PUT', body, token: serverKey })
  return {
    dcs: `/ws/${await channel()}`,
    jive: `/jive/ws?token=${await server.token('door')}`,
    locallife: `/v1/ws?token=${await server.token('door', { aud: 'locallife' })}`,
    pledge: '/pledge/ws',
    crash: '/crash/ws',
  }
}
