import type { Config } from '../config.ts'
import type { Clock } from '../core/clock.ts'
import type { Fanfare } from '../fanfare.ts'
import { signFor } from './signing.ts'

const ttl = 8 * 3_600_000

/** What `serve --dev` prints: every address, tokens, and a wscat line in which the curl line's message shows up. */
export async function banner(fanfare: Fanfare, config: Config, clock: Clock): Promise<string> {
  const base = fanfare.listeners[0]?.url.origin ?? ''
  const token = (sub: string) =>
    signFor(config, 'jive', { sub, ttl, claims: { name: sub, families: ['f1'] } }, clock)
  const [ann, bob] = await Promise.all([token('ann'), token('bob')])
  const account = await openAccount(base, ann)
  const addresses = fanfare.listeners.map(({ url, listener }) => {
    const { systems } = listener
    return `  ${url.origin.padEnd(28)} ${systems === '*' ? 'all systems' : systems.join(', ')}`
  })
  const internal = fanfare.internal?.url.origin
  return `
Fanfare in development mode: throw-away data and secrets, this machine only

${addresses.join('\n')}
${internal === undefined ? '' : `  ${internal.padEnd(28)} /metrics /healthz /readyz\n`}
Server key   ${config.server_key}
jive  ann    ${ann}
jive  bob    ${bob}
      both are in family f1, which has account ${account}

1. Listen as ann:
   npx wscat -c "${base.replace('http', 'ws')}/jive/ws?token=${ann}"

2. Let bob spend something; ann sees it, and the new balance:
   curl -X POST ${base}/api/v1/transactions -H "Authorization: Bearer ${bob}" -H "Content-Type: application/json" -d '{"account_id":"${account}","amount":-12.50,"description":"Coffee"}'

3. Tell the whole family something from a backend:
   curl -X POST ${base}/api/publish -H "Authorization: Bearer ${config.server_key}" -H "Content-Type: application/json" -d '{"channel":"jive/family:f1","type":"Notification","data":{"level":"info","title":"Hello","message":"from the backend"}}'

`
}

/** Gives the family of the examples an account, through the same door as everybody. */
async function openAccount(base: string, token: string): Promise<string> {
  const answer = await fetch(`${base}/api/v1/accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ family_id: 'f1', name: 'Household', balance: '1000.00' }),
    tls: { rejectUnauthorized: false },
  })
  const { id } = (await answer.json()) as { id: string }
  return id
}
