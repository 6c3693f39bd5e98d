import { afterEach, expect, test } from 'bun:test'
import { cleanUp, serve } from './server.ts'

afterEach(cleanUp)

test('serve --dev prints a link that logs into the console once, and the program tells it all that its page asks for', async () => {
  const server = serve(['--dev'], { FANFARE_LISTEN: '127.0.0.1:0=*' })
  await server.urls()
  const [, base = '', once = ''] = /^Console +(http:\S+)\/console#once=(\S+)$/m.exec(server.out())!
  const post = (path: string, body?: unknown, token = '') =>
    fetch(base + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  expect(await (await fetch(`${base}/console`)).text()).toContain(
    '<title>Console · Fanfare</title>',
  )
  const session = await post('/api/console/session', { once })
  expect(session.status).toBe(201)
  const { token } = (await session.json()) as { token: string }
  expect((await post('/api/console/session', { once })).status).toBe(401)
  const headers = { authorization: `Bearer ${token}` }
  const ask = async (path: string): Promise<any> => {
    const answer = await fetch(base + path, { headers })
    expect([path, answer.status]).toEqual([path, 200])
    return answer.json()
  }
  const { kinds } = await ask('/api/console/kinds')
  const family = kinds.find((one: any) => one.system === 'jive' && one.kind === 'family')
  expect(family.events.Notification.required).toEqual(['level', 'title', 'message'])
  const { values } = await ask('/api/console/config')
  const listen = values.find((one: any) => one.path === 'listen')
  expect(listen.origin).toBe('environment FANFARE_LISTEN')
  expect((await post('/api/console/crash/audit', undefined, token)).status).toBe(202)
  let audit = await ask('/api/console/crash/audit')
  while (audit.state === 'running') {
    await Bun.sleep(20)
    audit = await ask('/api/console/crash/audit')
  }
  expect(audit).toMatchObject({ state: 'done', ok: true })
  const overview = await fetch(`${base}/api/console/overview`, { headers })
  let text = ''
  for await (const chunk of overview.body!) {
    text += new TextDecoder().decode(chunk)
    if (text.split('event: overview').length > 2) break
  }
  const last = JSON.parse(text.trim().split('\ndata: ').at(-1)!.split('\n')[0]!)
  expect(last.rates.framesIn).toBe(0)
  expect(last.watchers).toBe(1)
  server.child.kill('SIGTERM')
  expect((await server.end()).code).toBe(0)
})
