import { startExchange, type SimulatedExchange } from '../../../tests/simulators/exchange.ts'
import type { Config, Loaded } from '../../config.ts'

/** In development, where no exchange is configured, one of our own moves each price twice a second: the configuration that points to it, and null for it where none is needed. */
export async function withExchange({
  config,
  origins,
}: Pick<Loaded, 'config' | 'origins'>): Promise<{
  readonly config: Config
  readonly exchange: SimulatedExchange | null
}> {
  const configured = (origins.get('pledge.upstream_url')?.source ?? 'default') !== 'default'
  if (!config.dev || configured || !config.systems.includes('pledge')) {
    return { config, exchange: null }
  }
  const { symbols } = config.pledge
  const exchange = await startExchange({ rate: 2, symbols })
  const pledge = { ...config.pledge, upstream_url: exchange.url }
  return { config: { ...config, pledge }, exchange }
}
