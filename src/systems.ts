import type { Config } from './config.ts'
import type { AnySystem } from './server.ts'
import type { Thread } from './storage/sqlite/procedure.ts'
import { jiveBooks } from './storage/sqlite/jive.ts'
import type { Host } from './system.ts'
import { jive } from './systems/jive/jive.ts'

/** Makes the systems of a server from what they are given. */
export type Plug = (host: Host, thread: Thread, config: Config) => readonly AnySystem[]

/** Every system there is. */
export const allSystems: Plug = (host, thread, config) =>
  [plugJive]
    .map((plug) => plug(host, thread, config))
    .filter(({ name }) => config.systems.includes(name as never))

const plugJive = (host: Host, thread: Thread, config: Config): AnySystem =>
  jive(host, {
    books: jiveBooks(thread),
    pingInterval: config.jive.ping_interval,
    timeout: config.jive.timeout,
    anonymous: config.jive.anonymous,
  })
