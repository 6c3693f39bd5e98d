import { description as console } from './console/describe.ts'
import { description as common } from './http/describe.ts'
import { playing } from './play/describe.ts'
import { describe as crash } from './systems/crash/describe.ts'
import { description as dcs } from './systems/dcs/describe.ts'
import { description as jive } from './systems/jive/describe.ts'
import { description as locallife } from './systems/locallife/describe.ts'
import { description as pledge } from './systems/pledge/describe.ts'
import { standardDecimals } from './documents/adapt.ts'
import type { Description } from './core/operation.ts'

/** Every operation of HTTP: the common ones, then those of each system. */
export const descriptions: readonly Description[] = [
  { ...common, operations: [...common.operations, ...playing] },
  console,
  jive,
  dcs,
  locallife,
  pledge,
  crash(standardDecimals),
]
