import type { Stage } from './stage.ts'

/** Somebody who watches a price, and who asks for it once; `simulated`: the exchange is one of our own. */
export async function pledgeExamples(stage: Stage, simulated: boolean): Promise<string> {
  const { config, read, wscat } = stage
  const { symbols, timeout, upstream_url: url } = config.pledge
  const source = simulated ? 'a simulated exchange' : url === '' ? 'no exchange' : url
  return `pledge: the price of ${symbols[0]}, from ${source}

   Watch it; ping now and then keeps it open, ${timeout / 1_000} s without it close it:
   ${wscat('/api/v21/price')}

   Ask for it once:
   ${read('/api/v21/price')}
`
}
