import type { Action, PlaySession } from '../pages/play/api.ts'
import { freshChannel } from '../cli/examples/dcs.ts'
import { householdOf } from '../cli/examples/jive.ts'
import { townsfolk } from '../cli/examples/locallife.ts'
import type { Stage } from '../cli/examples/stage.ts'

/** What a role is given beside the server key. */
export type Given = Omit<PlaySession, 'system' | 'role' | 'key'>

/** How somebody enters in each role of a system; what they need there is made. */
export interface Troupe {
  readonly roles: readonly string[]
  enter(role: string, stage: Stage): Promise<Given>
}

const nothing = { token: null, channels: [], externalUserId: null, hints: {}, actions: [] } as const

const jive: Troupe = {
  roles: ['ann', 'bob'],
  async enter(role, stage) {
    const { ann, bob, account } = await householdOf(stage)
    const [token, other] = role === 'ann' ? [ann, bob] : [bob, ann]
    const spend: Action = {
      name: 'spend',
      method: 'POST',
      path: '/api/v1/transactions',
      bearer: other,
      body: { account_id: account, amount: '-12.50', description: 'Coffee' },
      fresh: null,
    }
    return {
      ...nothing,
      token,
      path: `/jive/ws?token=${token}`,
      channels: ['jive/family:f1', `jive/user:${role}`, `jive/account:${account}`, 'jive/global'],
      hints: { account_id: account, family_id: 'f1', topic: `account:${account}`, after: '' },
      actions: [spend],
    }
  },
}

const dcs: Troupe = {
  roles: ['partner'],
  async enter(_, stage) {
    // Not the partner of the printed lines, whose secret and channel stay what they are.
    const channel = await freshChannel(stage, 'play')
    const path = `/ws/${channel}`
    return { ...nothing, path, channels: ['dcs/partner:play'], externalUserId: 'f1b718e0' }
  },
}

const locallife: Troupe = {
  roles: ['merchant', 'rider', 'operator'],
  async enter(role, stage) {
    const { rider, merchant, operator } = await townsfolk(stage)
    const hints = { merchant_id: 'dev-shop', order_id: 'dev-order' }
    if (role === 'operator') {
      const channels = ['locallife/operator:dev-operator', 'locallife/platform']
      const path = `/v1/platform/ws?token=${operator}`
      return { ...nothing, token: operator, path, channels, hints }
    }
    const token = role === 'rider' ? rider : merchant
    const channels =
      role === 'rider'
        ? ['locallife/rider:dev-rider', 'locallife/region:dev-region']
        : ['locallife/merchant:dev-shop']
    return { ...nothing, token, path: `/v1/ws?token=${token}`, channels, hints }
  },
}

const pledge: Troupe = {
  roles: ['watcher'],
  enter: async () => ({ ...nothing, path: '/api/v21/price' }),
}

const crash: Troupe = {
  roles: ['alice', 'bob', 'spectator'],
  async enter(role, stage) {
    if (role === 'spectator') return { ...nothing, path: '/crash/ws' }
    const token = await stage.token('crash', role, { name: role })
    const credit: Action = {
      name: 'credit',
      method: 'POST',
      path: `/api/wallets/${role}/credit`,
      bearer: stage.config.server_key ?? '',
      body: { amount: '25', tx_id: 'play' },
      fresh: 'tx_id',
    }
    return {
      ...nothing,
      token,
      path: `/crash/ws?token=${token}`,
      hints: { token },
      actions: [credit],
    }
  },
}

/** The systems in the order in which they are offered. */
export const troupes: Readonly<Record<string, Troupe>> = { jive, dcs, locallife, pledge, crash }
