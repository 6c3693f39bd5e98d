import { randomBytes } from 'node:crypto'
import { startWechat, type Wechat } from '../../../tests/simulators/wechat.ts'
import type { Config, Loaded } from '../../config.ts'
import type { Fanfare } from '../../fanfare.ts'
import { originOf } from './stage.ts'

/** What stands in for WeChat: the configuration that points to it, and null for it where none does. */
export interface Stand {
  readonly config: Config
  readonly wechat: Wechat | null
  /** From now on it pays orders at this server. */
  payAt(fanfare: Fanfare): void
}

/** In development, where nothing of WeChat is configured, one of our own stands in for it: with throw-away keys, for logins and payments. */
export async function withWechat({
  config,
  origins,
}: Pick<Loaded, 'config' | 'origins'>): Promise<Stand> {
  let fanfareUrl = ''
  const payAt = (fanfare: Fanfare) => void (fanfareUrl = originOf('locallife', fanfare) ?? '')
  const configured = [...origins].some(
    ([path, { source }]) => path.startsWith('locallife.wechat') && source !== 'default',
  )
  if (!config.dev || configured || !config.systems.includes('locallife')) {
    return { config, wechat: null, payAt }
  }
  const wechat = { app_id: 'wxdev', app_secret: randomBytes(16).toString('hex') }
  const pay = { mch_id: '1900000001', api_v3_key: randomBytes(16).toString('hex') }
  const simulated = await startWechat({
    // The server that is paid at is started after this one.
    get fanfareUrl() {
      return fanfareUrl
    },
    appId: wechat.app_id,
    appSecret: wechat.app_secret,
    mchId: pay.mch_id,
    apiV3Key: pay.api_v3_key,
  })
  const { publicKey: public_key, serial, url: base_url } = simulated
  const locallife = {
    ...config.locallife,
    wechat: { base_url, ...wechat },
    wechat_pay: { ...config.locallife.wechat_pay, ...pay, public_key, serial },
  }
  return { config: { ...config, locallife }, wechat: simulated, payAt }
}
