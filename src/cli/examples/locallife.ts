import type { Wechat } from '../../../tests/simulators/wechat.ts'
import { bearer, type Stage } from './stage.ts'

/** A rider, a merchant and an operator, and an order that is paid at a WeChat of our own. */
export async function locallifeExamples(stage: Stage, wechat: Wechat | null): Promise<string> {
  const { ask, config, token, wscat } = stage
  const admin = bearer(config.server_key ?? '')
  const [rider, merchant, operator, consumer] = await Promise.all(
    ['dev-rider', 'dev-merchant', 'dev-operator', 'dev-consumer'].map((sub) =>
      token('locallife', sub),
    ),
  )
  await ask('PUT', '/api/locallife/riders/dev-rider', admin, { status: 'approved' })
  await ask('POST', '/v1/rider/online', bearer(rider ?? ''), { region_id: 'dev-region' })
  const shop = { name: 'Dev shop', status: 'onboarded', administrators: ['dev-merchant'] }
  await ask('PUT', '/api/locallife/merchants/dev-shop', admin, shop)
  await ask('PUT', '/api/locallife/operators/dev-operator', admin, { role: 'operator' })
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
