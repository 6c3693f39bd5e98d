import type { Config } from '../config.ts'
import type { Clock } from '../core/clock.ts'
import type { Fanfare } from '../fanfare.ts'
import { expectedOf, signFor } from '../signing.ts'

const ttl = 8 * 3_600_000

/** What `serve --dev` prints: every address, tokens, and a wscat line in which the curl lines' messages show up. Without a secret to sign with, the addresses alone. */
export async function banner(fanfare: Fanfare, config: Config, clock: Clock): Promise<string> {
  const addresses = fanfare.listeners.map(({ url, listener }) => {
    const { systems } = listener
    return `  ${url.origin.padEnd(28)} ${systems === '*' ? 'all systems' : systems.join(', ')}`
  })
  const internal = fanfare.internal?.url.origin
  const signs = Object.keys(expectedOf(config, 'jive').secrets).length > 0
  return `
Fanfare in development mode: for trying it out, not for production

${addresses.join('\n')}
${internal === undefined ? '' : `  ${internal.padEnd(28)} /metrics /healthz /readyz\n`}
Server key   ${config.server_key}
${signs ? await examples(fanfare, config, clock) : 'No tokens: their secret is not in the configuration\n'}
`
}

async function examples({ listeners }: Fanfare, config: Config, clock: Clock): Promise<string> {
  const whole = listeners.find(({ listener }) => listener.systems === '*')
  const origin = (whole ?? listeners[0])?.url.origin ?? ''
  // Where a server listens on every address, clients still need one.
  const base = origin.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]')
  const token = async (sub: string) =>
    (await signFor(config, 'jive', { sub, ttl, claims: { name: sub, families: ['f1'] } }, clock)) ??
    ''
  const [ann, bob] = await Promise.all([token('ann'), token('bob')])
  const account = await findAccount(base, ann)
  // The certificate of a development server is nobody's whom wscat and curl would trust.
  const [npx, curl] = base.startsWith('https')
    ? ['npx wscat --no-check', 'curl -k']
    : ['npx wscat', 'curl']
  const post = (path: string, key: string, body: string) =>
    `${curl} -X POST ${base}${path} -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '${body}'`
  const spent = `{"account_id":"${account}","amount":-12.50,"description":"Coffee"}`
  const told =
    '{"channel":"jive/family:f1","type":"Notification","data":{"level":"info","title":"Hello","message":"from the backend"}}'
  const backend = `
3. Tell the whole family something from a backend:
   ${post('/api/publish', config.server_key ?? '', told)}
`
  return `jive  ann    ${ann}
jive  bob    ${bob}
      both are in family f1, which has account ${account}

1. Listen as ann; {"command":"Ping"} now and then keeps it open, ${config.jive.timeout / 1_000} s of silence close it:
   ${npx} -c "${base.replace('http', 'ws')}/jive/ws?token=${ann}"

2. Let bob spend something; ann sees it, and the new balance:
   ${post('/api/v1/transactions', bob, spent)}
${whole === undefined ? '' : backend}`
}

/** The account of the examples, through the same door as everybody: a kept data folder has it already. */
async function findAccount(base: string, token: string): Promise<string> {
  const ask = async (query: string, more: RequestInit): Promise<unknown> => {
    const answer = await fetch(`${base}/api/v1/accounts${query}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      tls: { rejectUnauthorized: false },
      ...more,
    })
    return answer.json()
  }
  const { accounts } = (await ask('?limit=1', {})) as { accounts: readonly { id: string }[] }
  const [kept] = accounts
  if (kept !== undefined) return kept.id
  const body = JSON.stringify({ family_id: 'f1', name: 'Household', balance: '1000.00' })
  return ((await ask('', { method: 'POST', body })) as { id: string }).id
}
