import { bearer, type Stage } from './stage.ts'

/** Two members of a family, one listening while the other spends. */
export async function jiveExamples(stage: Stage): Promise<string> {
  const { config, whole, curl, wscat } = stage
  const { ann, bob, account } = await householdOf(stage)
  const spent = `{"account_id":"${account}","amount":-12.50,"description":"Coffee"}`
  const told =
    '{"channel":"jive/family:f1","type":"Notification","data":{"level":"info","title":"Hello","message":"from the backend"}}'
  const backend = `
   Tell the whole family something from a backend:
   ${curl('/api/publish', config.server_key ?? '', told)}
`
  return `jive: family finance. ann and bob are in family f1, which has account ${account}

   Listen as ann; {"command":"Ping"} now and then keeps it open, ${config.jive.timeout / 1_000} s of silence close it:
   ${wscat(`/jive/ws?token=${ann}`)}

   Let bob spend something; ann sees it, and the new balance:
   ${curl('/api/v1/transactions', bob, spent)}
${whole ? backend : ''}`
}

/** Tokens of the two members, and the id of an account of their family. */
export async function householdOf(stage: Stage) {
  const member = (sub: string) => stage.token('jive', sub, { name: sub, families: ['f1'] })
  const [ann, bob] = await Promise.all([member('ann'), member('bob')])
  return { ann, bob, account: await findAccount(stage, ann) }
}

/** The account of the examples: a kept data folder has it already. */
async function findAccount({ ask }: Stage, ann: string): Promise<string> {
  const { accounts } = await ask('GET', '/api/v1/accounts?limit=1', bearer(ann))
  if (accounts.length > 0) return accounts[0].id
  const body = { family_id: 'f1', name: 'Household', balance: '1000.00' }
  return (await ask('POST', '/api/v1/accounts', bearer(ann), body)).id
}
