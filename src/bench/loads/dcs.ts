import { signedHeaders } from '../../systems/dcs/signing.ts'
import { evenly } from '../even.ts'
import type { Poster } from '../post.ts'
import type { Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import { send, type Target } from '../target.ts'
import { clock, wallMicros } from '../time.ts'
import { arrived, comeBack, turnOf, type Load } from './load.ts'

const connectionsOfPartner = 10
const lines = 8
const status = '{"status":"PASS"}'

/** Notifications to partners of dcs, each on the connections that share its channel; all of them leave and come back first. */
export async function dcsLoad(stage: Stage, connections: number, rate: number): Promise<Load> {
  const { target } = stage
  const poster = stage.poster(lines)
  const partners = Math.ceil(connections / connectionsOfPartner)
  const channels: string[] = []
  for (let partner = 0; partner < partners; partner++) {
    channels.push(await channelOf(target, poster, partner))
  }
  const paths = Array.from({ length: connections }, (_, at) => `/ws/${channels[at % partners]}`)
  const { crowd } = await stage.readers(paths, 'messages')
  let next = 0

  return {
    system: 'dcs',
    async turn(seconds) {
      const failed = await comeBack(crowd)
      await crowd.begin()
      let [messages, expected] = [0, 0]
      await evenly({ rate, seconds }, () => {
        const partner = next++ % partners
        messages++
        expected += Math.floor((connections - partner + partners - 1) / partners)
        return send(poster, target, notification(target, partner))
      })
      return turnOf(await arrived(crowd, expected), { messages, expected, failed })
    },
    async stop() {
      poster.close()
      await crowd.stop()
    },
  }
}

function notification(target: Target, partner: number): string {
  const user = stamped(wallMicros())
  const head = `"channel":"dcs/partner:bench${partner}","type":"KYC_STATUS"`
  return target.keyed('/api/publish', `{${head},"externalUserId":"${user}","data":${status}}`)
}

/** Makes a partner and fetches its channel as it would (D2, D19). */
async function channelOf(target: Target, poster: Poster, partner: number): Promise<string> {
  const made = await poster.send(target.keyed(`/api/dcs/partners/bench${partner}`, '{}', 'PUT'))
  const { apiKey, apiSecret } = JSON.parse(made.body) as Record<string, string>
  if (apiKey === undefined || apiSecret === undefined)
    throw new Error(`No partner was made: ${made.status} ${made.body}`)
  const signed = { apiKey, timestamp: String(clock.now()), nonce: '10000', payload: '' }
  const url = `http://${target.host}:${target.port}/websocket/v1/get-channel`
  const answer = await fetch(url, {
    keepalive: false,
    headers: signedHeaders(apiSecret, signed),
  })
  const { data, message } = (await answer.json()) as Record<string, string | null>
  if (typeof data !== 'string') throw new Error(`No channel: ${message}`)
  return data
}
