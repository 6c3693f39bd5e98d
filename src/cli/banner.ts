import type { Config } from '../config.ts'
import type { Clock } from '../core/clock.ts'
import type { Fanfare } from '../fanfare.ts'
import { canEnter } from '../signing.ts'
import type { SimulatedExchange } from '../../tests/simulators/exchange.ts'
import type { Wechat } from '../../tests/simulators/wechat.ts'
import { crashExamples } from './examples/crash.ts'
import { dcsExamples } from './examples/dcs.ts'
import { jiveExamples } from './examples/jive.ts'
import { locallifeExamples } from './examples/locallife.ts'
import { pledgeExamples } from './examples/pledge.ts'
import { isWhole, stageFor, type Stage } from './examples/stage.ts'

/** What `serve --dev` prints: every address, and for each system a wscat line and a curl line. In the first wscat line the first curl line rings; `stands` is what stands in for the systems we depend on. */
export async function banner(
  fanfare: Fanfare,
  config: Config,
  clock: Clock,
  stands: { readonly wechat: Wechat | null; readonly exchange: SimulatedExchange | null },
): Promise<string> {
  const addresses = fanfare.listeners.map(({ url, listener: { systems } }) =>
    line(url.origin, systems === '*' ? 'all systems' : systems.join(', ')),
  )
  const internal = fanfare.internal?.url.origin
  const whole = fanfare.listeners.find(isWhole)?.url.origin
  const docs = config.docs && whole !== undefined
  const front = config.pages && whole !== undefined
  const all = [
    ...(front ? [line(`${whole}/`, 'the front page: open this first, it leads to the rest')] : []),
    ...(docs && front ? [line(`${whole}/play`, 'be anybody, say anything, see every frame')] : []),
    ...addresses,
    ...(internal === undefined ? [] : [line(internal, '/metrics /healthz /readyz')]),
    ...(docs ? [line(`${whole}/docs`, 'every route and frame, with examples')] : []),
  ]
  const once = whole === undefined ? null : fanfare.invite()
  const consoleLine = once === null ? '' : `\nConsole      ${whole}/console#once=${once}\n`
  const parts = [
    await part('jive', jiveExamples),
    await part('dcs', dcsExamples),
    await part('locallife', (stage) => locallifeExamples(stage, stands.wechat)),
    await part('pledge', (stage) => pledgeExamples(stage, stands.exchange !== null)),
    await part('crash', crashExamples),
  ]
  return `
Fanfare in development mode: for trying it out, not for production

${all.join('\n')}

Server key   ${config.server_key}${consoleLine}

${parts.filter((text) => text !== '').join('\n')}
`

  async function part(
    system: string,
    examples: (stage: Stage) => Promise<string>,
  ): Promise<string> {
    const stage = stageFor(system, fanfare, config, clock)
    if (stage === null) return ''
    if (canEnter(config, system)) return examples(stage)
    return `${system}: no tokens, since their secret is not in the configuration\n`
  }
}

/** An address and what is there. */
function line(address: string, what: string): string {
  return `  ${address.padEnd(28)} ${what}`
}
