import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { TestClient } from '../fixture.ts'
import { startExchange } from '../simulators/exchange.ts'
import type { Context, Served, Torture } from './context.ts'
import { partner, tokenFor } from './load/audience.ts'
import { request, wanted } from './load/http.ts'
import { run } from './mounts.ts'
import { eventually, metric, must } from './watching.ts'

/** Peers that are gone without a word: the machine of one loses its network (promise 8). */
export const torture: Torture = {
  name: 'half-open',
  about:
    'connections of all five systems, on busy channels, whose peer stops or vanishes without FIN: gone within their timeout plus 5 s, sockets and all; others notice nothing',
  needs: ['root', 'ip'],
  async run(context) {
    using place = cable()
    const gone = await halfOpen(context, place)
    if (context.minutes === 0) return gone
    return `cut off: ${gone}; stopped: ${await halfOpen(context, here)}`
  },
}

/** How long each system waits for a sign of life. */
const timeout = 3_000
/** What is promised, five times. */
const patience = 5 * (timeout + 5_000)
/** Connections of each system whose peer will be gone. */
const each = 4

const heartbeats = {
  FANFARE_JIVE_PING_INTERVAL: '1s',
  FANFARE_JIVE_TIMEOUT: '3s',
  FANFARE_DCS_TIMEOUT: '3s',
  FANFARE_LOCALLIFE_PING_INTERVAL: '1s',
  FANFARE_LOCALLIFE_TIMEOUT: '3s',
  FANFARE_PLEDGE_TIMEOUT: '3s',
  FANFARE_CRASH_TIMEOUT: '3s',
}

/** A place from which a crowd connects, and which can be cut off. */
export interface Place extends Disposable {
  /** Where a server must listen so that it is in reach. */
  readonly host: string
  /** Words in front of a program that is to run there. */
  readonly inside: readonly string[]
  /** From now on nobody hears anything from there. */
  vanish(crowd: Bun.Subprocess): void
}

/** This machine, where a crowd is gone when its process is stopped: its kernel still takes what is sent. */
export const here: Place = {
  host: '127.0.0.1',
  inside: [],
  vanish: (crowd) => crowd.kill('SIGSTOP'),
  [Symbol.dispose]() {},
}

/** Lets a crowd connect, takes it away, and waits until nothing of it is left on the server. */
export async function halfOpen(context: Context, place: Place): Promise<string> {
  const exchange = await startExchange({ rate: 20 })
  const served = await context.serve({
    ...heartbeats,
    FANFARE_LISTEN: `${place.host}:0=*`,
    FANFARE_PLEDGE_UPSTREAM_URL: exchange.url,
  })
  const addresses = await addressesAt(served.url)
  const quiet = keepBusy(served.url)
  let crowd: Bun.Subprocess | null = null
  try {
    const bystanders = await Promise.all(addresses.map(bystander))
    const base = await openAt(served)
    crowd = await crowdAt(place, addresses)
    const all = base + each * addresses.length
    must((await openAt(served)) === all, 'Not all are connected', await openAt(served))
    const ports = new Set(socketsOf(crowd.pid).map(({ own }) => own))
    const left = () => socketsOf(served.pid).filter(({ peer }) => ports.has(peer))
    must(left().length === all - base, 'The crowd has other sockets', [...ports])
    const heard = bystanders.map((one) => one.heard())
    place.vanish(crowd)
    const began = performance.now()
    await eventually('all are gone', async () => (await openAt(served)) <= base, patience)
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    await eventually('their sockets are closed, too', () => left().length === 0, patience)
    const after = bystanders.map((one, place) => ({
      closed: one.closed(),
      heard: one.heard() > heard[place]!,
    }))
    const unharmed = after.every((one) => one.closed === null && one.heard)
    must(unharmed && (await openAt(served)) === base, 'Others noticed', after)
    const slow = await metric(served.internal, 'slow_consumers_closed_total')
    must(slow === 0, 'Some were cut as slow readers', slow)
    for (const one of bystanders) one.leave()
    must((await served.stop()) === 0, 'It did not end in peace', null)
    return `${all - base} connections gone after ${seconds} s, promised ${(timeout + 5_000) / 1_000} s`
  } finally {
    quiet()
    crowd?.kill('SIGKILL')
    await exchange.stop()
  }
}

/** One address of each system, on a channel where much happens. */
async function addressesAt(url: string): Promise<readonly string[]> {
  const base = url.replace('http', 'ws')
  await wanted(url, {
    method: 'PUT',
    path: '/api/locallife/operators/oli',
    body: { role: 'admin' },
  })
  const ann = await tokenFor('jive', 'ann', { families: ['busy'] })
  const channel = await (await partner(url, 'busy')).channel(url)
  const oli = await tokenFor('locallife', 'oli')
  const pam = await tokenFor('crash', 'pam')
  return [
    `${base}/jive/ws?token=${ann}`,
    `${base}/ws/${channel}`,
    `${base}/v1/ws?token=${oli}`,
    `${base}/pledge/ws`,
    `${base}/crash/ws?token=${pam}`,
  ]
}

/** Publishes twenty times a second to each channel that takes publishes, until it is told to be quiet. */
function keepBusy(url: string): () => void {
  const messages = [
    {
      channel: 'jive/family:busy',
      type: 'Notification',
      data: { level: 'info', title: 'a', message: 'b' },
    },
    {
      channel: 'dcs/partner:busy',
      type: 'KYC_STATUS',
      externalUserId: 'a',
      data: { status: 'PASS' },
    },
    { channel: 'locallife/platform', type: 'notification', data: { title: 'a', content: 'b' } },
  ]
  const timer = setInterval(
    () => void request(url, { path: '/api/publish/batch', body: { messages } }),
    50,
  )
  return () => clearInterval(timer)
}

interface Bystander {
  heard(): number
  closed(): number | null
  leave(): void
}

/** Somebody who does what clients of its system do. */
async function bystander(address: string): Promise<Bystander> {
  const client = await TestClient.open(address)
  let heard = 0
  client.socket.addEventListener('message', ({ data }) => {
    heard++
    client.frames.length = 0
    if (data === '{"type":"Ping"}') client.send({ command: 'Pong' })
  })
  const timer = setInterval(() => address.includes('/pledge/') && client.send('ping'), 300)
  return {
    heard: () => heard,
    closed: () => client.closed?.code ?? null,
    leave() {
      clearInterval(timer)
      client.socket.terminate()
    },
  }
}

async function crowdAt({ inside }: Place, addresses: readonly string[]): Promise<Bun.Subprocess> {
  const script = join(import.meta.dir, 'load/crowd.ts')
  const many = Array.from({ length: each }, () => addresses).flat()
  const crowd = Bun.spawn([...inside, process.execPath, script, ...many], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const { value } = await crowd.stdout.getReader().read()
  must(Buffer.from(value ?? []).toString() === 'open\n', 'The crowd did not get in', null)
  return crowd
}

function openAt({ internal }: Served): Promise<number> {
  return metric(internal, 'connections')
}

/** The sockets a process has open: the ports of both ends. */
function socketsOf(pid: number): readonly { readonly own: string; readonly peer: string }[] {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inodeOf(pid, fd)))
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1)
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => inodes.has(fields[9]!))
    .map(([, own, peer]) => ({ own: own!.split(':')[1]!, peer: peer!.split(':')[1]! }))
}

function inodeOf(pid: number, fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
  } catch {
    // Closed since the folder was read.
    return undefined
  }
}

/** A machine of its own, joined by a cable that can be pulled. */
function cable(): Place {
  const name = `fanfare-${process.pid}`
  const net = process.pid % 250
  const ours = `10.213.${net}.1`
  ip(`netns add ${name}`)
  ip(`link add fan${process.pid} type veth peer name far netns ${name}`)
  ip(`addr add ${ours}/30 dev fan${process.pid}`)
  ip(`link set fan${process.pid} up`)
  ip(`-n ${name} addr add 10.213.${net}.2/30 dev far`)
  ip(`-n ${name} link set far up`)
  return {
    host: ours,
    inside: ['ip', 'netns', 'exec', name],
    vanish: () => ip(`-n ${name} link set far down`),
    [Symbol.dispose]: () => ip(`netns del ${name}`),
  }
}

function ip(line: string): void {
  run(['ip', ...line.split(' ')])
}
