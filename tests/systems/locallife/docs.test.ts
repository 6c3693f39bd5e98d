import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { serverKey } from '../../fixture.ts'
import { metric, notes, received, town, type Town } from './scenario.ts'

const page = await Bun.file(join(import.meta.dir, '../../../docs/systems/locallife.md')).text()
const [, section = ''] = /## Try it\n([\s\S]*?)\n## /.exec(page) ?? []
const blocks = (language: string) =>
  [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)

/** Runs a curl line as it stands, on this server; variables of the shell are given. */
async function curl({ server }: Town, line: string, variables: Record<string, string>) {
  const text = line.replace(/\\\n\s*/g, '').replace(/\$([A-Z]+)/g, (_, name) => variables[name]!)
  const [, method, path, authorization, body] =
    /^curl -X (\w+) http:\/\/localhost:8080(\S+) -H "Authorization: ([^"]+)" -d '([^']+)'$/.exec(
      text.replace(/ +/g, ' ').trim(),
    ) ?? []
  return fetch(server.url + path, {
    method: method!,
    body: body!,
    headers: { authorization: authorization! },
  })
}

test('the lines to try do what they show, to the byte', async () => {
  await using place = await town()
  const RIDER = await place.token('rita')
  const variables = { KEY: serverKey, RIDER }
  const [people = '', publish = ''] = blocks('sh')
  const [created = '', ...curls] = people.split(/\n(?=curl)/)
  expect(created).toBe('RIDER=$(fanfare token create rita --system locallife)')
  for (const line of curls) expect((await curl(place, line, variables)).ok).toBe(true)
  const [, wscat = '', frames = ''] = blocks('')
  const [, address = ''] = /^wscat -c "ws:\/\/localhost:8080(\S+)"$/.exec(wscat.trim()) ?? []
  const client = await place.server.connect(address.replace('$RIDER', RIDER))
  expect((await curl(place, publish, variables)).status).toBe(200)
  const [told, said] = frames.split('\n')
  expect(`< ${await client.text()}`).toBe(told!)
  client.send(said!.slice(2))
  expect(await received(client)).toEqual([])
  await place.pass(10_000)
  expect(await received(client)).toEqual([])
})

/** Resolves when the server has taken what was sent on the socket before, acknowledgements among it. */
async function taken(socket: WebSocket): Promise<void> {
  const answer = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }) => {
    if (JSON.parse(String(data)).type === 'pong') answer.resolve()
  })
  socket.send('{"type":"ping"}')
  await answer.promise
}

/** Waits that a script has asked for, to be over when the test says so. */
function waits() {
  const asked: { ms: number; run: () => void }[] = []
  return { asked, setTimeout: (run: () => void, ms: number) => void asked.push({ ms, run }) }
}

/** A script of the page, against this server. */
function script({ server }: Town, text: string): string {
  return text.replaceAll('wss://example.org', server.url.replace('http', 'ws'))
}

test('L13, L23: the JavaScript client shows everything once, over cuts and tellings again', async () => {
  await using place = await town()
  await place.merchant('m1', ['mia'])
  const shown: string[] = []
  const sockets: WebSocket[] = []
  class Watched extends WebSocket {
    constructor(url: string) {
      super(url)
      sockets.push(this)
    }
  }
  const { asked, setTimeout } = waits()
  const show = (type: string, { title }: { title: string }) => shown.push(`${type} ${title}`)
  const [code = ''] = blocks('js')
  const names = ['WebSocket', 'token', 'show', 'setTimeout']
  const token = await place.token('mia')
  new Function(...names, script(place, code))(Watched, token, show, setTimeout)
  await place.server.settled(() => place.server.listeners('locallife/user:mia') === 1)
  await notes(place, 3)
  await place.server.settled(() => shown.length === 3)
  sockets[0]!.close()
  await place.server.settled(() => asked.length === 1)
  expect(asked[0]!.ms).toBe(3_000)
  await place.note('merchant:m1', 'missed')
  asked.shift()!.run()
  await place.server.settled(() => shown.length === 4)
  await taken(sockets[1]!)
  await place.pass(10_000)
  await place.note('merchant:m1', 'live')
  await place.server.settled(() => shown.length === 5)
  expect(shown).toEqual(['1', '2', '3', 'missed', 'live'].map((title) => `notification ${title}`))
  expect(await metric(place, 'redelivered_total')).toBe(0)
  place.server.host.hub.channels('locallife').closeUser('mia', 'forbidden')
  await place.server.settled(() => sockets[1]!.readyState === WebSocket.CLOSED)
  expect([sockets.length, asked.length]).toEqual([2, 0])
})

/** As much of a mini-program as the page needs, over real sockets. */
function miniProgram() {
  const toasts: string[] = []
  const sockets: WebSocket[] = []
  const wx = {
    showToast: ({ title }: { title: string }) => toasts.push(title),
    connectSocket({ url }: { url: string }) {
      const socket = new WebSocket(url)
      sockets.push(socket)
      return {
        onMessage: (run: (message: { data: unknown }) => void) =>
          socket.addEventListener('message', ({ data }) => run({ data })),
        onClose: (run: (event: { code: number }) => void) =>
          socket.addEventListener('close', ({ code }) => run({ code })),
        onError: (run: (error: unknown) => void) => socket.addEventListener('error', run),
        send: ({ data }: { data: string }) => socket.send(data),
      }
    },
  }
  return { wx, toasts, sockets }
}

test('L1, L11, L16, L23: the mini-program acknowledges, answers pings, and comes back after 3 s', async () => {
  await using place = await town({ locallife: { json_ping: true } })
  await place.rider('rita', 'west')
  const { wx, toasts, sockets } = miniProgram()
  const { asked, setTimeout } = waits()
  const [, code = ''] = blocks('js')
  const start = new Function('wx', 'setTimeout', `${script(place, code)}\nreturn connectWebSocket`)
  const connectWebSocket = start(wx, setTimeout)
  const token = await place.token('rita')
  connectWebSocket(token)
  const connected = () =>
    place.server.settled(() => place.server.listeners('locallife/user:rita') === 1)
  await connected()
  await place.note('region:west', 'one')
  await place.server.settled(() => toasts.length === 1)
  await taken(sockets[0]!)
  for (let beat = 0; beat < 3; beat++) await place.pass(55_000)
  expect(sockets[0]!.readyState).toBe(WebSocket.OPEN)
  sockets[0]!.close()
  await place.server.settled(() => asked.length === 1)
  expect(asked[0]!.ms).toBe(3_000)
  await place.note('region:west', 'two')
  asked.shift()!.run()
  await place.server.settled(() => toasts.length === 2)
  await taken(sockets[1]!)
  await place.pass(10_000)
  expect(toasts).toEqual(['one', 'two'])
  expect(await metric(place, 'redelivered_total')).toBe(0)
  await place.offline('rita')
  await place.server.settled(() => sockets[1]!.readyState === WebSocket.CLOSED)
  expect(asked).toEqual([])
})

test('L23: the client of the original, which knows no ids, works: it hears, and its second token goes on', async () => {
  await using place = await town()
  await place.rider('rita', 'west')
  const token = await place.token('rita')
  const first = await place.server.connect(`/v1/ws?token=${token}`)
  await place.note('region:west', 'one')
  expect((await first.next()).data.title).toBe('one')
  first.socket.terminate()
  await place.note('region:west', 'two')
  const second = await place.server.connect(`/v1/ws?token=${token}`)
  expect((await received(second)).map(({ data }) => data.title)).toEqual(['one', 'two'])
})
