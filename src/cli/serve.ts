import { Command } from 'commander'
import { loadConfig, requireProduction } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { bufferedWriter, createLog, type Log } from '../core/log.ts'
import { createFanfare, type Fanfare } from '../fanfare.ts'
import { banner } from './banner.ts'

/** `fanfare serve`: runs the server until SIGTERM or SIGINT; a second signal ends it at once. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the server')
    .option('-c, --config <file>', 'configuration file (TOML)')
    .option('--dev', 'development: loopback, temporary data, throw-away secrets, printed examples')
    .option('--host <host>', 'host of every listener that names none')
    .option('--port <port>', 'port of the first listener')
    .option('--listen <spec...>', 'listener as [host:]port=systems; repeats')
    .addHelpText('after', '\nExample:\n  fanfare serve --dev')
    .action(serve)
}

async function serve(options: Record<string, string | string[] | boolean>): Promise<void> {
  const { config, warnings } = await loadConfig({ flags: options, env: Bun.env })
  requireProduction(config)
  const clock = systemClock()
  const writer = bufferedWriter(process.stdout, clock)
  const format = config.log.format
  const log = createLog({
    level: config.log.level,
    format: format === 'auto' ? (process.stdout.isTTY ? 'text' : 'json') : format,
    write: writer.write,
    clock,
  })
  for (const warning of warnings) log.warn(warning)
  let fanfare: Fanfare | undefined
  const lost = (cause: string) => void stop(fanfare, log, writer.flush, `storage lost: ${cause}`, 1)
  catchTheRest(log)
  fanfare = await createFanfare(config, { clock, log, lost })
  await fanfare.start()
  if (config.dev) writer.write(await banner(fanfare, config, clock))
  for (const { url, listener } of fanfare.listeners) {
    const { systems } = listener
    log.info('listening', { url: url.origin, systems: systems === '*' ? '*' : systems.join(',') })
  }
  if (fanfare.internal !== null)
    log.info('listening', { url: fanfare.internal.url.origin, systems: 'internal' })
  onSignals(fanfare, log, writer.flush)
}

/** The last net: what nobody caught is logged, and the server goes on. */
function catchTheRest(log: Log): void {
  process.on('uncaughtException', (error) => log.error('uncaught exception', error))
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', error))
}

function onSignals(fanfare: Fanfare, log: Log, flush: () => void): void {
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      log.info('stopping', { signal })
      void stop(fanfare, log, flush, null, 0)
    })
  }
}

async function stop(
  fanfare: Fanfare | undefined,
  log: Log,
  flush: () => void,
  cause: string | null,
  exitCode: number,
): Promise<void> {
  try {
    if (cause !== null) log.error(cause, new Error(cause))
    await fanfare?.stop()
    log.info('stopped')
  } catch (error) {
    log.error('stopping failed', error)
    exitCode = 1
  }
  flush()
  process.exit(exitCode)
}
