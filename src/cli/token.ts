import { Command } from 'commander'
import type { Config } from '../config.ts'
import { parseDuration } from '../config/kinds.ts'
import { tokenSystems } from '../config/listen.ts'
import type { Claims } from '../core/auth.ts'
import { systemClock } from '../core/clock.ts'
import { Refusal } from '../core/errors.ts'
import { verifyOf } from '../settings.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { expectedOf, signFor, type TokenSystem } from '../signing.ts'
import { diagnose, diagnoseIds, idsOf } from './diagnosis.ts'
import { Failure } from './failure.ts'

interface CreateOptions extends ConfigOption {
  readonly system: string
  readonly family?: readonly string[]
  readonly name?: string
  readonly ttl: string
  readonly kid?: string
}

interface CheckOptions extends ConfigOption {
  readonly system: string
  readonly json?: boolean
}

/** `fanfare token create | check`: tokens signed with the configured secret. */
export function tokenCommand(): Command {
  const token = new Command('token')
    .description('Make and check tokens of users')
    .addHelpText('after', '\nExample:\n  fanfare token create ann --family f1')
  withConfig(token.command('create'))
    .description('Sign a token (HS256); only the token goes to stdout')
    .argument('<subject>', 'id of the user')
    .option('--system <system>', 'system it is for', 'jive')
    .option('--family <id...>', 'families of the user (jive)')
    .option('--name <name>', 'name of the user')
    .option('--ttl <duration>', 'how long it holds', '1h')
    .option('--kid <id>', 'which of auth.secrets signs it')
    .addHelpText('after', '\nExample:\n  fanfare token create ann --family f1 f2 --ttl 8h')
    .action(create)
  withConfig(token.command('check'))
    .description('Tell whether a token would be let in, and why not; exit 1 when not')
    .argument('<jwt>', 'the token')
    .option('--system <system>', 'system it is for', 'jive')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare token check "$TOKEN"')
    .action(check)
  return token
}

async function create(sub: string, options: CreateOptions): Promise<void> {
  const { config, origins } = await load(options)
  const system = known(options.system)
  for (const id of [sub, ...(options.family ?? [])]) {
    if (idsOf[system].test(id)) continue
    throw new Failure(2, `Expected ids such as ${idsOf[system].source}, got "${id}"`)
  }
  const ttl = parseDuration(options.ttl)
  if (ttl === undefined || ttl < 1_000 || ttl > config.auth.max_span) {
    const longest = `auth.max_span (${origins.get('auth.max_span')?.raw})`
    throw new Failure(2, `Expected a duration from "1s" to ${longest}, got "${options.ttl}"`)
  }
  const claims = {
    ...(options.name !== undefined && { name: options.name }),
    ...(options.family !== undefined && { families: options.family }),
  }
  const wish = { sub, ttl, claims, kid: options.kid }
  const signed = signFor(config, system, wish, systemClock())
  if (signed !== null) return console.log(await signed)
  throw new Failure(
    2,
    options.kid === undefined
      ? 'No secret to sign with: set FANFARE_AUTH_SECRET ("openssl rand -hex 32")'
      : `There is no "${options.kid}" in auth.secrets that this system takes`,
  )
}

function known(system: string): TokenSystem {
  const found = tokenSystems.find((name) => name === system)
  if (found !== undefined) return found
  throw new Failure(2, `Expected one of ${tokenSystems.join(', ')} as system, got "${system}"`)
}

async function check(jwt: string, options: CheckOptions): Promise<void> {
  const { config } = await load(options)
  const verdict = await judge(jwt, known(options.system), config)
  if (options.json === true) console.log(JSON.stringify(verdict))
  if (!verdict.ok) throw new Failure(1, `Refused: ${verdict.reason}`)
  if (options.json !== true) console.log(readable(verdict.claims))
}

type Verdict = { ok: true; claims: Claims } | { ok: false; reason: string }

/** Judges a token as the server does, and says why. */
async function judge(jwt: string, system: TokenSystem, config: Config): Promise<Verdict> {
  const clock = systemClock()
  try {
    const claims = await verifyOf(config, clock)(jwt, system)
    const reason = diagnoseIds(claims, system)
    return reason === null ? { ok: true, claims } : { ok: false, reason }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ok: false, reason: diagnose(jwt, expectedOf(config, system), clock.now()) }
  }
}

function readable(claims: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(claims).map(([name, value]) => {
    const time = ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number'
    const told = time ? ` (${new Date(value * 1_000).toISOString()})` : ''
    return `  ${name.padEnd(10)} ${JSON.stringify(value)}${told}`
  })
  return ['The token is good', ...lines].join('\n')
}
