import { postRequest } from './post.ts'
import { startRole } from './role.ts'
import { isUp, notification, type Target } from './target.ts'
import { until } from './time.ts'

/** Starts the bare server in a process of its own. */
export async function startBare(): Promise<Target> {
  const role = startRole('bare')
  const port = await role.ask<number>('port')
  const host = '127.0.0.1'
  await until(() => isUp(new URL(`http://${host}:${port}`)), 10_000, 1)
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
    command: '{"command":"Ping"}',
    stop: role.stop,
  }
}
