import { readdirSync, readFileSync } from 'node:fs'
import { TestClient } from '../fixture.ts'
import type { Served, Torture } from './context.ts'
import { audited, ended, everything } from './load/everything.ts'
import { wanted } from './load/http.ts'
import { eventually, listen, must, pong, readiness } from './watching.ts'

/** What the kernel is made to say, in the words of `strace -e inject`. */
const errors = [
  'fsync:error=EIO:when=1+3',
  'pwrite64:error=EIO:when=1+5',
  'pwrite64:error=ENOSPC:when=2+3',
  'pread64:error=EIO:when=1+3',
  'fsync:error=EIO',
  'fsync,pwrite64:error=EIO',
  'ftruncate:error=EIO',
] as const
/** An fsync that takes so long, in µs. */
const slow = 'fsync:delay_exit=3000000'

/** System calls of the disk fail under everything at once (promise 10). */
export const torture: Torture = {
  name: 'io-errors',
  about:
    'system calls on the data folder that fail or take seconds, under all loads: nothing that is not kept is told, what is unknown is settled by asking again, sockets wait for no disk',
  needs: ['root', 'strace'],
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    const load = await everything(context, context.minutes > 0 ? 1 : 0.4)
    const random = context.random('io-errors')
    try {
      const served = await context.serve(load.env)
      await load.prepare(served.url)
      const listening = await listen(served.url)
      const working = load.begin(served.url)
      const plan = [...errors.slice(0, 4)] as string[]
      let times = 0
      for (; times < plan.length || Date.now() < until; times++) {
        await Bun.sleep(200)
        const fault = plan[times] ?? random.one(errors)
        await under(served, fault, () => Bun.sleep(300 + 1_500 * random() * (plan[times] ? 0 : 1)))
        await eventually(
          `it is ready again after ${fault}`,
          async () => (await readiness(served.internal)).status === 200,
        )
      }
      await patient(served)
      await working.halt()
      await load.judge(served.url)
      await listening.judge()
      await ended(served)
      await audited(context)
      return `${times} faults; ${load.figures()}`
    } finally {
      await load.stop()
    }
  },
}

/** Does something while a fault is on. */
async function under(served: Served, fault: string, act: () => Promise<unknown>): Promise<void> {
  const [calls = ''] = fault.split(':')
  const tracer = Bun.spawn(
    ['strace', '-f', '-qq', '-o', '/dev/null', '-p', String(served.pid)].concat(
      ...['-e', `trace=${calls}`, '-e', `inject=${fault}`],
    ),
    { stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' },
  )
  try {
    await eventually('strace holds every thread of the server', () => holds(tracer.pid, served.pid))
    await act()
  } finally {
    tracer.kill('SIGTERM')
    await tracer.exited
  }
}

/** Threads are taken one after another, those that write to the disk after the first. */
function holds(tracer: number, pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.every((thread) => {
    try {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
      return Number(/^TracerPid:\s+(\d+)/m.exec(status)?.[1]) === tracer
    } catch {
      // It has ended meanwhile.
      return true
    }
  })
}

/** While a commit takes three seconds, whoever wants nothing written notices nothing. A publish waits for the two batches before its own, and for a checkpoint where one falls due. */
async function patient(served: Served): Promise<void> {
  const player = await TestClient.open(`${served.url.replace('http', 'ws')}/crash/ws`)
  await under(served, slow, async () => {
    const began = performance.now()
    const publishing = wanted(served.url, {
      path: '/api/publish',
      body: {
        channel: 'jive/family:slow',
        type: 'Notification',
        data: { level: 'info', title: 'a', message: 'b' },
      },
    }).then(() => performance.now() - began)
    let over = false
    let longest = 0
    const waited = publishing.finally(() => (over = true))
    while (!over) {
      longest = Math.max(longest, await pong(player))
      await Bun.sleep(10)
    }
    must((await waited) > 2_900, 'No fsync was slow', { waited: await waited })
    must(longest < 2_500, 'A ping waited for the disk', { longest })
  })
  player.socket.terminate()
}
