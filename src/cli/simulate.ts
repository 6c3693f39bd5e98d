import { Command } from 'commander'
import { faults, isFault, type FaultName } from '../../tests/simulators/exchange-faults.ts'
import { startExchange, type SimulatedExchange } from '../../tests/simulators/exchange.ts'
import { Failure } from './failure.ts'

interface Options {
  readonly port: number
  readonly rate: number
  readonly symbol?: readonly string[]
  readonly fault?: readonly string[]
}

const names = Object.keys(faults) as FaultName[]

/** `fanfare simulate exchange`: a KuCoin of our own, with faults, until SIGINT or SIGTERM. */
export function simulateCommand(): Command {
  const simulate = new Command('simulate')
    .description('Run what the server depends on, without a network')
    .addHelpText('after', '\nExample:\n  fanfare simulate exchange --rate 5')
  const summaries = names.map((name) => `  ${name.padEnd(14)} ${faults[name].does}`)
  simulate
    .command('exchange')
    .description('A simulated KuCoin whose prices move; its faults go on and off over HTTP')
    .option('--port <n>', 'port on 127.0.0.1; 0: a free one', portOf, 0)
    .option('--rate <n>', 'prices a second of each symbol', rateOf, 2)
    .option('--symbol <symbol...>', 'the symbols there are; any when absent')
    .option('--fault <name...>', 'faults from the start, `name` or `name=amount`')
    .addHelpText(
      'after',
      `\nFaults:\n${summaries.join('\n')}\n\nExamples:\n  fanfare simulate exchange --port 7000 --fault drop=5\n  FANFARE_PLEDGE_UPSTREAM_URL=http://127.0.0.1:7000 fanfare serve --dev\n  curl -X POST http://127.0.0.1:7000/faults -d '{"name":"drop","amount":false}'`,
    )
    .action(exchange)
  return simulate
}

async function exchange({ port, rate, symbol, fault = [] }: Options): Promise<void> {
  const odd = symbol?.find((one) => !/^[A-Z0-9]{1,20}-[A-Z0-9]{1,20}$/.test(one))
  if (odd !== undefined) throw new Failure(2, `Expected a symbol such as PLGR-USDT, got "${odd}"`)
  const wanted = fault.map(faultOf)
  const running = await opened(port, { rate, ...(symbol !== undefined && { symbols: symbol }) })
  for (const [name, amount] of wanted) running.fault(name, amount)
  // Only the line itself goes to stdout, for scripts.
  console.log(`FANFARE_PLEDGE_UPSTREAM_URL=${running.url}`)
  console.error(`Faults: curl -X POST ${running.url}/faults -d '{"name":"stall"}'`)
  // Its timers do not keep a process alive, and its server does.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void running.stop().then(() => process.exit(0)))
  }
}

async function opened(
  port: number,
  options: { rate: number; symbols?: readonly string[] },
): Promise<SimulatedExchange> {
  try {
    return await startExchange({ port, ...options })
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code !== 'EADDRINUSE') throw error
    throw new Failure(1, `Cannot listen on 127.0.0.1:${port} (--port): the port is in use`)
  }
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new Failure(2, `Expected a port from 0 to 65535, got "${text}"`)
}

function rateOf(text: string): number {
  const rate = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && rate <= 10_000) return rate
  throw new Failure(2, `Expected a number from 0 to 10000, got "${text}"`)
}

/** `drop=5` → `['drop', 5]` */
function faultOf(text: string): [FaultName, number | true] {
  const [name, amount] = text.split('=')
  if (isFault(name) && amount === undefined) return [name, true]
  if (isFault(name) && /^\d{1,9}$/.test(amount ?? '')) return [name, Number(amount)]
  throw new Failure(2, `Expected a fault such as "drop" or "drop=5", got "${text}"`)
}
