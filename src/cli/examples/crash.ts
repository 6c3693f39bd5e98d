import type { Stage } from './stage.ts'

/** A player with play money, and the backend that adds to it. */
export async function crashExamples(stage: Stage): Promise<string> {
  const { base, clock, config, curl, read, token, wscat } = stage
  await committed(stage)
  const alice = await token('crash', 'alice', { name: 'Alice' })
  const bet =
    '{"i":"1","t":"PLACE_BET","p":{"gameParams":{"crashParams":{"slots":[{"slotId":1,"amount":"10.00"}]}}}}'
  const out = '{"i":"2","t":"CASH_OUT","p":{"slotId":1}}'
  const credit = `{"amount":"25.00","tx_id":"dev-${clock.now()}"}`
  const pages = config.pages && stage.whole
  const page = pages ? ` In a browser: ${base}/crash` : ''
  const verify = pages ? `; step by step in a browser: ${base}/crash/verify` : ''
  return `crash: a multiplier game; alice has play money.${page}

   Play as alice: paste the second line while bets are taken, the third while the multiplier rises; the next
   bet and cash-out need an "i" of their own, or they are repeats and get the first answer again:
   ${wscat(`/crash/ws?token=${alice}`)}
   ${bet}
   ${out}

   Give alice some more; she sees it:
   ${curl('/api/wallets/alice/credit', config.server_key ?? '', credit)}

   What was promised before the rounds, and how they came out${verify}:
   ${read('/api/crash/fairness')}
   ${read('/api/crash/rounds')}
`
}

/** Waits for the chain of a first start, so that every line works when it is printed. */
async function committed({ ask, clock }: Stage): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const chain = await ask('GET', '/api/crash/fairness', {}).catch(() => null)
    if (chain !== null) return
    await new Promise<void>((resolve) => void clock.after(50, resolve))
  }
}
