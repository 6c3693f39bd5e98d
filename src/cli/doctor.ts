import { Command } from 'commander'
import { ConfigError, requireProduction, type Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { checkLive } from './live.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { checkClock, checkDisk, checkFiles, checkFolder, checkSchema } from './machine.ts'
import { checkPorts } from './ports.ts'

/** What was looked at: `fail` keeps the server from working, `warn` is worth a look. */
export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly message: string
}

/** `fanfare doctor`: whether this machine can run the configured server; with --live how the one that runs is. */
export function doctorCommand(): Command {
  return withConfig(new Command('doctor'))
    .description('Look at everything the server needs; exit 1 when something is missing')
    .option(
      '--live',
      'ask the server that runs how it is; exit 1 unless it is ready, 3 when it does not answer',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare doctor -c fanfare.toml')
    .action(doctor)
}

async function doctor(options: ConfigOption & { json?: boolean; live?: boolean }): Promise<void> {
  const { config } = await load(options)
  const findings = await (options.live === true ? checkLive(config) : checkMachine(config))
  const failed = findings.some(({ state }) => state === 'fail')
  if (options.json === true) console.log(JSON.stringify({ ok: !failed, checks: findings }))
  else for (const { name, state, message } of findings) console.log(line(name, state, message))
  if (failed) process.exitCode = 1
}

async function checkMachine(config: Config): Promise<Finding[]> {
  const clock = systemClock()
  const folder = config.data.dir
  const writable = checkFolder(folder)
  return [
    checkConfig(config),
    checkFiles(config.limits.max_connections),
    writable,
    // A folder that cannot be written to has been told already.
    ...(writable.state === 'fail' ? [] : [checkDisk(folder, clock), checkClock(folder, clock)]),
    checkSchema(folder),
    ...(await checkPorts(config)),
  ]
}

/** What keeps the server from starting without --dev. */
function checkConfig(config: Config): Finding {
  const name = 'configuration'
  try {
    requireProduction(config)
    return { name, state: 'ok', message: 'enough to start with' }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { name, state: 'warn', message: error.faults.join('; ') }
  }
}

function line(name: string, state: string, message: string): string {
  return `${state.padEnd(4)}  ${name.padEnd(13)}  ${message}`
}
