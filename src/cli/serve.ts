import { rmSync } from 'node:fs'
import { Command } from 'commander'
import type { SimulatedExchange } from '../../tests/simulators/exchange.ts'
import { loadConfig, requireProduction, type Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { bufferedWriter } from '../core/lines.ts'
import { createLog, type Log } from '../core/log.ts'
import { createFanfare, type Fanfare } from '../fanfare.ts'
import { banner } from './banner.ts'
import { withExchange } from './examples/exchange.ts'
import { withWechat } from './examples/wechat.ts'
import { fitFiles } from './files.ts'

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
  const { config: wished, warnings, origins } = await loadConfig({ flags: options, env: Bun.env })
  requireProduction(wished)
  const { config: loaded, warnings: shortages } = fitFiles(wished)
  const clock = systemClock()
  const { wechat, payAt, ...paying } = await withWechat({ config: loaded, origins })
  const { config, exchange } = await withExchange({ config: paying.config, origins })
  const writer = bufferedWriter(process.stdout, clock)
  const log = createLog({
    level: config.log.level,
    format: formatOf(config),
    write: writer.write,
    clock,
  })
  for (const warning of [...warnings, ...shortages]) log.warn(warning)
  const temporary = origins.get('data.dir')?.source === 'development' ? config.data.dir : null
  const { flush } = writer
  const life: Life = { log, flush, temporary, exchange, fanfare: null, stopping: false }
  catchTheRest(log)
  onSignals(life)
  const lost = (cause: string) => {
    log.error('storage lost', new Error(cause))
    void end(life, 1)
  }
  try {
    life.fanfare = await createFanfare(config, { clock, log, lost, origins })
    await life.fanfare.start()
    if (config.dev) {
      payAt(life.fanfare)
      writer.write(await banner(life.fanfare, config, clock, { wechat, exchange }))
    }
    tellListeners(life.fanfare, log)
  } catch (error) {
    // A start that was broken off is no fault; whoever did it ends the process.
    if (life.stopping) return
    forget(temporary)
    throw error
  }
}

/** A server from its first signal handler to its last line. */
interface Life {
  readonly log: Log
  readonly flush: () => void
  /** The data folder that development made up, removed at the end. */
  readonly temporary: string | null
  /** What stands in for the exchange in development. */
  readonly exchange: SimulatedExchange | null
  fanfare: Fanfare | null
  stopping: boolean
}

function formatOf({ log }: Config): 'json' | 'text' {
  if (log.format !== 'auto') return log.format
  return process.stdout.isTTY ? 'text' : 'json'
}

function tellListeners({ listeners, internal }: Fanfare, log: Log): void {
  for (const { url, listener } of listeners) {
    const { systems } = listener
    log.info('listening', { url: url.origin, systems: systems === '*' ? '*' : systems.join(',') })
  }
  if (internal !== null) log.info('listening', { url: internal.url.origin, systems: 'internal' })
}

/** The last net: what nobody caught is logged, and the server goes on. */
function catchTheRest(log: Log): void {
  process.on('uncaughtException', (error) => log.error('uncaught exception', error))
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', error))
}

function onSignals(life: Life): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (life.stopping) process.exit(1)
      life.log.info('stopping', { signal })
      void end(life, 0)
    })
  }
}

async function end(life: Life, exitCode: number): Promise<void> {
  const { log, flush, temporary, exchange, fanfare } = life
  life.stopping = true
  try {
    await fanfare?.stop()
    await exchange?.stop()
    log.info('stopped')
  } catch (error) {
    log.error('stopping failed', error)
    exitCode = 1
  }
  forget(temporary)
  flush()
  process.exit(exitCode)
}

function forget(temporary: string | null): void {
  if (temporary !== null) rmSync(temporary, { recursive: true, force: true })
}
