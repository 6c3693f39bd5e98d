import { signedHeaders } from '../../systems/dcs/signing.ts'
import { bearer, type Stage } from './stage.ts'

/** A partner with a fresh channel, and what its card platform would publish. */
export async function dcsExamples(stage: Stage): Promise<string> {
  const { config, whole, curl, wscat } = stage
  const key = config.server_key ?? ''
  const channel = await freshChannel(stage, 'dev')
  const event =
    '{"channel":"dcs/partner:dev","type":"KYC_STATUS","externalUserId":"f1b718e0","data":{"status":"PASS"}}'
  const publish = `
   Tell the partner that one of its users is known now:
   ${curl('/api/publish', key, event)}
`
  return `dcs: private channels of partners. The partner "dev" has fetched one

   Listen on it; the address is the secret:
   ${wscat(`/ws/${channel}`)}
${whole ? publish : ''}`
}

/** Makes a partner, or gives one that is there a new secret, and fetches its channel as it would. */
export async function freshChannel(stage: Stage, partner: string): Promise<string> {
  const { ask, clock, config } = stage
  const key = config.server_key ?? ''
  const path = `/api/dcs/partners/${partner}`
  const made = await ask('PUT', path, bearer(key))
  const { apiKey } = made
  const { apiSecret } = made.apiSecret ? made : await ask('POST', `${path}/secret`, bearer(key))
  const timestamp = String(clock.now())
  const nonce = String(10_000 + Math.floor(Math.random() * 90_000))
  const headers = signedHeaders(apiSecret, { apiKey, timestamp, nonce, payload: '' })
  const { data } = await ask('GET', '/websocket/v1/get-channel', headers)
  return data
}
