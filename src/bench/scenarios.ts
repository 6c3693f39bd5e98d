import type { Scenario } from './scenario.ts'
import { commands } from './scenarios/commands.ts'
import { crash } from './scenarios/crash.ts'
import { fanout } from './scenarios/fanout.ts'
import { handshakes } from './scenarios/handshake.ts'
import { idle } from './scenarios/idle.ts'
import { notify } from './scenarios/notify.ts'
import { publishing } from './scenarios/publish.ts'
import { seed } from './scenarios/seed.ts'
import { slow } from './scenarios/slow.ts'
import { soak } from './scenarios/soak.ts'
import { start } from './scenarios/start.ts'
import { ticker } from './scenarios/ticker.ts'

/** Every scenario by the name it has on the command line. */
export const scenarios = {
  idle,
  fanout,
  seed,
  handshake: handshakes,
  commands,
  publish: publishing,
  slow,
  notify,
  ticker,
  crash,
  start,
  soak,
} satisfies Record<string, Scenario>

/** What can be asked for by name. */
export type ScenarioName = keyof typeof scenarios
