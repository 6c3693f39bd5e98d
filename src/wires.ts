import type { Wire } from './core/wire.ts'
import { wire as crash } from './systems/crash/wire.ts'
import { wire as dcs } from './systems/dcs/wire.ts'
import { wire as jive } from './systems/jive/wire.ts'
import { wire as locallife } from './systems/locallife/wire.ts'
import { wire as pledge } from './systems/pledge/wire.ts'

/** What crosses the wire of each system, by its name; for documents alone. */
export const wires: Readonly<Record<string, Wire>> = { dcs, jive, locallife, pledge, crash }
