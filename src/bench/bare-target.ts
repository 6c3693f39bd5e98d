import { priceTopic, tickTopic } from './bare.ts'
import { isRider, regionOf } from './district.ts'
import { noReadings } from './metrics.ts'
import type { Notices } from './notices.ts'
import { postRequest } from './post.ts'
import { startRole } from './role.ts'
import { isUp, notification, type Needs, type Target } from './target.ts'
import { until } from './time.ts'

/** Starts the bare server in a process of its own. */
export async function startBare({ upstream }: Needs = {}): Promise<Target> {
  const role = startRole('bare')
  const port = await role.ask<number>('port')
  const host = '127.0.0.1'
  await until(() => isUp(new URL(`http://${host}:${port}`)), 10_000, 1)
  if (upstream !== undefined) await role.ask('listen', { upstream })
  return {
    name: 'bare',
    host,
    port,
    pid: role.pid,
    greeting: false,
    path: (user, topic) => `/ws?topic=f${topic}&topic=u${user}`,
    request(posts) {
      const lines = posts.map(
        (post) => `f${post.topic} {"type":"Notification","data":${notification(post)}}`,
      )
      return postRequest(host, '/publish', lines.join('\n'))
    },
    keyed() {
      throw new Error('The bare server has no systems')
    },
    command: '{"command":"Ping"}',
    pricePath: `/ws?topic=${priceTopic}`,
    notices: bareNotices(host),
    gaming: {
      plays: false,
      path: () => `/ws?topic=${tickTopic}`,
      fly: (flight) => role.ask('fly', flight),
      audit: async () => NaN,
    },
    metrics: async () => noReadings,
    stop: role.stop,
  }
}

/** A native topic for each user and each region; frames and acknowledgements as fanfare's. */
function bareNotices(host: string): Notices {
  return {
    keeps: false,
    settle: async () => {},
    path(user) {
      const region = isRider(user) ? `&topic=r${regionOf(user)}` : ''
      return `/ws?acknowledges&topic=n${user}${region}`
    },
    request(to, title, filling) {
      const topic = to.kind === 'region' ? `r${to.region}` : `n${to.user}`
      const data = `{"title":"${title}","content":"${filling}","message_id":"0123456"}`
      const rest = `"sequence":1,"data":${data},"timestamp":"2026-01-02T03:04:05Z"}`
      return postRequest(host, '/notify', `${topic} ${rest}`)
    },
  }
}
