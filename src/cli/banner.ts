import type { Config } from '../config.ts'
import type { Clock } from '../core/clock.ts'
import type { Fanfare } from '../fanfare.ts'
import { expectedOf, type TokenSystem } from '../signing.ts'
import type { SimulatedExchange } from '../../tests/simulators/exchange.ts'
import type { Wechat } from '../../tests/simulators/wechat.ts'
import { crashExamples } from './examples/crash.ts'
import { dcsExamples } from './examples/dcs.ts'
import { jiveExamples } from './examples/jive.ts'
import { locallifeExamples } from './examples/locallife.ts'
import { pledgeExamples } from './examples/pledge.ts'
import { stageFor, type Stage } from './examples/stage.ts'

/** What `serve --dev` prints: every address, and for each system a wscat line and a curl line. In the first wscat line the first curl line rings; `stands` is what stands in for the systems we depend on. */
export async function banner(
  fanfare: Fanfare,
  config: Config,
  clock: Clock,
  stands: { readonly wechat: Wechat | null; readonly exchange: SimulatedExchange | null },
): Promise<string> {
  const addresses = fanfare.listeners.map(({ url, listener }) => {
    const { systems } = listener
    return `  ${url.origin.padEnd(28)} ${systems === '*' ? 'all systems' : systems.join(', ')}`
  })
  const internal = fanfare.internal?.url.origin
  const whole = fanfare.listeners.find(({ listener }) => listener.systems === '*')
  const docs = config.docs && whole !== undefined ? `${whole.url.origin}/docs` : null
  const play =
    config.pages && config.docs && whole !== undefined ? `${whole.url.origin}/play` : null
  const playLine =
    play === null ? '' : `  ${play.padEnd(28)} be anybody, say anything, see every frame\n`
  const once = whole === undefined ? null : fanfare.invite()
  const consoleLine =
    once === null ? '' : `\nConsole      ${whole!.url.origin}/console#once=${once}\n`
  const parts = [
    await part('jive', jiveExamples),
    await part('dcs', dcsExamples),
    await part('locallife', (stage) => locallifeExamples(stage, stands.wechat)),
    await part('pledge', (stage) => pledgeExamples(stage, stands.exchange !== null)),
    await part('crash', crashExamples),
  ]
  return `
Fanfare in development mode: for trying it out, not for production

${playLine}${addresses.join('\n')}
${internal === undefined ? '' : `  ${internal.padEnd(28)} /metrics /healthz /readyz\n`}${docs === null ? '' : `  ${docs.padEnd(28)} every route and frame, with examples\n`}
Server key   ${config.server_key}${consoleLine}

${parts.filter((text) => text !== '').join('\n')}
`

  async function part(
    system: TokenSystem | 'dcs' | 'pledge',
    examples: (stage: Stage) => Promise<string>,
  ): Promise<string> {
    const stage = stageFor(system, fanfare, config, clock)
    if (stage === null) return ''
    const tokenless = system === 'dcs' || system === 'pledge'
    const signs = tokenless || Object.keys(expectedOf(config, system).secrets).length > 0
    if (signs) return examples(stage)
    return `${system}: no tokens, since their secret is not in the configuration\n`
  }
}
