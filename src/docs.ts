import { createHash } from 'node:crypto'
import { packed as asset } from './assets.ts'
import { kept } from './core/kept.ts'
import type { AsyncApi, AsyncapiServer } from './documents/asyncapi.ts'
import type { Told } from './documents.ts'
import type { Documents } from './http/docs.ts'
import type { House } from './listeners.ts'
import { version } from './version.ts'

/** What the executable tells of all systems, read when it is first asked for; then it is kept. */
export const toldOf = kept(async () => {
  const bytes = Bun.gunzipSync(await asset('told.json'))
  return JSON.parse(new TextDecoder().decode(bytes)) as Told
})

/** The documents of a server. Nothing of them is loaded or made before the first of them is asked for; then it is kept. */
export function documentsOf(house: House): Documents {
  const { config, systems } = house
  const openapi = kept(async () => {
    const { openapi: all } = await toldOf()
    const { adapted } = await import('./documents/adapt.ts')
    const here = {
      systems: [...(config.pages ? ['console'] : []), ...systems.map(({ name }) => name)],
      pages: config.pages,
      development: config.dev,
      decimals: config.crash.decimals,
    }
    return adapted({ ...all, info: { ...all.info, version } }, here)
  })
  const asyncapis = kept(async () => {
    const { wires } = await toldOf()
    const { asyncapiOf } = await import('./documents/asyncapi.ts')
    const maxFrame = config.limits.max_frame
    const all = new Map<string, AsyncApi>()
    for (const system of systems) {
      const wire = wires[system.name]
      const servers = serversOf(house, system.name)
      if (wire) all.set(system.name, asyncapiOf(system, wire, { version, servers, maxFrame }))
    }
    return all
  })
  const page = kept(async () => {
    const { pageOf, pageStyle } = await import('./documents/page.ts')
    const html = packed(await pageOf(await openapi(), await asyncapis(), config.pages))
    return { html, style: `sha256-${createHash('sha256').update(pageStyle).digest('base64')}` }
  })
  /** Of each system the one that was asked for last: most ask under one name. */
  const latest = new Map<
    string,
    { readonly host: string; readonly bytes: Uint8Array<ArrayBuffer> }
  >()
  return {
    openapi: kept(async () => packed(JSON.stringify(await openapi()))),
    async asyncapi(system, host) {
      const document = (await asyncapis()).get(system)
      if (document === undefined) return null
      const last = latest.get(system)
      if (last?.host === host) return last.bytes
      const bytes = packed(reachedAs(host, JSON.stringify(document)))
      latest.set(system, { host, bytes })
      return bytes
    },
    page,
  }
}

function packed(text: string): Uint8Array<ArrayBuffer> {
  return Bun.gzipSync(text)
}

/** Names that cannot be taken (RFC 2606), in the place of those under which a client reaches us: this listener, and this machine. */
const listenerName = 'listener.invalid'
const machineName = 'machine.invalid'

/** Where a system is spoken: here, then on the listeners that have it alone. */
function serversOf({ config, running }: House, system: string): readonly AsyncapiServer[] {
  const secure = config.tls.cert !== undefined
  const alone = running.filter(
    ({ listener: { systems } }) => systems.length === 1 && systems[0] === system,
  )
  return [
    { host: listenerName, secure, alone: false },
    ...alone.map(({ url }) => ({ host: `${machineName}:${url.port}`, secure, alone: true })),
  ]
}

/** `host` is a Host header that was judged to be one: nothing in it needs an escape. */
function reachedAs(host: string, text: string): string {
  const machine = host.replace(/:\d+$/, '')
  return text.replaceAll(listenerName, () => host).replaceAll(machineName, () => machine)
}
