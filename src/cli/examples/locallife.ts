import type { Wechat } from '../../../tests/simulators/wechat.ts'
import { bearer, type Stage } from './stage.ts'

/** A rider, a merchant and an operator, and an order that is paid at a WeChat of our own. */
export async function locallifeExamples(stage: Stage, wechat: Wechat | null): Promise<string> {
  const { wscat } = stage
  const { rider, merchant, operator, consumer } = await townsfolk(stage)
  const purchase = { token: consumer, merchant_id: 'dev-shop', region_id: 'dev-region' }
  const pay = `
   Order something and pay it, at a simulated WeChat that signs and encrypts for real; both ring:
   curl -X POST ${wechat?.url}/pay -d '${JSON.stringify(purchase)}'
`
  return `locallife: riders, merchants and the platform, with notices until they are acknowledged

   Listen as the merchant:
   ${wscat(`/v1/ws?token=${merchant}`)}

   Listen as the rider, who is online in the same region:
   ${wscat(`/v1/ws?token=${rider}`)}

   Listen as the platform:
   ${wscat(`/v1/platform/ws?token=${operator}`)}
${wechat === null ? '' : pay}`
}

/** Has everybody of the examples taken on, the rider online, and gives their tokens. */
export async function townsfolk({ ask, config, token }: Stage) {
  const admin = bearer(config.server_key ?? '')
  const of = (who: string) => token('locallife', `dev-${who}`)
  const [rider, merchant, operator, consumer] = await Promise.all([
    of('rider'),
    of('merchant'),
    of('operator'),
    of('consumer'),
  ])
  await ask('PUT', '/api/locallife/riders/dev-rider', admin, { status: 'approved' })
  await ask('POST', '/v1/rider/online', bearer(rider), { region_id: 'dev-region' })
  const shop = { name: 'Dev shop', status: 'onboarded', administrators: ['dev-merchant'] }
  await ask('PUT', '/api/locallife/merchants/dev-shop', admin, shop)
  await ask('PUT', '/api/locallife/operators/dev-operator', admin, { role: 'operator' })
  return { rider, merchant, operator, consumer }
}
