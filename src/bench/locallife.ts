import { isRider, regionOf, type Address } from './district.ts'
import type { Notices } from './notices.ts'
import { postRequest, type Poster } from './post.ts'
import { token } from './token.ts'

/** What locallife of a fanfare is spoken to with. */
export interface Access {
  readonly host: string
  /** The server key. */
  readonly key: string
  /** The HS256 secret of its tokens. */
  readonly secret: string
}

/** Notices over locallife: publishes at /api/publish, clients at /v1/ws. */
export function locallifeNotices({ host, key, secret }: Access): Notices {
  const tokenOf = (user: number) => token(secret, { sub: idOf(user), aud: 'locallife' })

  async function ask(poster: Poster, request: string): Promise<void> {
    const { status, body } = await poster.send(request)
    if (status >= 300) throw new Error(`A user was refused: ${status} ${body}`)
  }
  async function settleRider(poster: Poster, user: number): Promise<void> {
    const region = `bench${regionOf(user)}`
    const rider = JSON.stringify({ status: 'approved', region_id: region })
    const path = `/api/locallife/riders/${idOf(user)}`
    await ask(poster, postRequest(host, path, rider, key, 'PUT'))
    const where = JSON.stringify({ region_id: region })
    await ask(poster, postRequest(host, '/v1/rider/online', where, tokenOf(user)))
  }
  async function settleMerchant(poster: Poster, user: number): Promise<void> {
    const id = idOf(user)
    const merchant = JSON.stringify({ name: id, status: 'onboarded', administrators: [id] })
    await ask(poster, postRequest(host, `/api/locallife/merchants/${id}`, merchant, key, 'PUT'))
  }

  return {
    keeps: true,
    async settle(poster, users) {
      const settled = Array.from({ length: users }, (_, user) =>
        isRider(user) ? settleRider(poster, user) : settleMerchant(poster, user),
      )
      await Promise.all(settled)
    },
    path: (user) => `/v1/ws?token=${tokenOf(user)}`,
    request(to, title, filling) {
      const data = `{"title":"${title}","content":"${filling}"}`
      const body = `{"channel":"locallife/${channelOf(to)}","type":"notification","data":${data}}`
      return postRequest(host, '/api/publish', body, key)
    },
  }
}

function channelOf(to: Address): string {
  if (to.kind === 'region') return `region:bench${to.region}`
  return `${isRider(to.user) ? 'rider' : 'merchant'}:${idOf(to.user)}`
}

/** The id of a user, and of the merchant it looks after. */
function idOf(user: number): string {
  return `bench${user}`
}
