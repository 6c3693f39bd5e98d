/** Clients of the five systems for browsers, Bun, Node and mini-programs; no dependencies. */
export { crash, type Crash, type CrashOptions } from './client/crash.ts'
export type * from './client/crash-types.ts'
export { dcs, type Dcs, type DcsMessage, type DcsOptions } from './client/dcs.ts'
export { jive, type Jive, type JiveOptions } from './client/jive.ts'
export type * from './client/jive-types.ts'
export {
  locallife,
  type Locallife,
  type LocallifeEvents,
  type LocallifeOptions,
} from './client/locallife.ts'
export { miniProgramSocket } from './client/mini-program.ts'
export { pledge, type Pledge, type PledgeOptions } from './client/pledge.ts'
export { RequestError } from './client/error.ts'
export type { Clock } from './client/clock.ts'
export type { Provider, Socket, State } from './client/link.ts'
