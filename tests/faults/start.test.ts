import { expect } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../machine.ts'
import type { Context, Env, How } from '../torture/context.ts'
import { smallDisk } from '../torture/mounts.ts'
import { faultTest } from './quickly.ts'

/** What a server that must not start says, in one line; 2 s are promised, five times that is allowed. */
async function refusal({ launch }: Context, env: Env = {}, how: How = {}): Promise<string> {
  const began = performance.now()
  const child = launch(env, how)
  const errors = await child.stderr.text()
  expect(await child.exited).toBe(1)
  expect(performance.now() - began).toBeLessThan(10_000)
  const [line = '', ...further] = errors.trim().split('\n')
  expect(further).toEqual([])
  return line
}

/** The databases of a folder as they are, byte for byte. */
async function databases(folder: string): Promise<Record<string, string>> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.db'))
  const hashes = names.map(async (name) => {
    const bytes = await Bun.file(join(folder, name)).bytes()
    return [name, Bun.hash(bytes).toString(36)] as const
  })
  return Object.fromEntries(await Promise.all(hashes))
}

const root = ['root', 'mount'] as const

faultTest(
  'a folder on a full disk is refused in one line, whether it holds data or not, and starts once there is room (promise 10)',
  root,
  async (context) => {
    const path = join(context.folder, 'data')
    using disk = smallDisk(path, 'size=8m')
    disk.fill()
    expect(await refusal(context)).toEndWith('data/fanfare.db": the disk is full')
    disk.free()
    const first = await context.serve()
    expect(await first.stop()).toBe(0)
    const before = await databases(path)
    disk.fill()
    expect(await refusal(context)).toEndWith('data/fanfare.db": the disk is full')
    expect(await databases(path)).toEqual(before)
    disk.free()
    expect(await (await context.serve()).stop()).toBe(0)
  },
)

faultTest(
  'a folder that is read-only is refused in one line (promise 11)',
  root,
  async (context) => {
    const path = join(context.folder, 'data')
    using _ = smallDisk(path, 'size=8m')
    expect(await (await context.serve()).stop()).toBe(0)
    const before = await databases(path)
    Bun.spawnSync(['mount', '-o', 'remount,ro', path])
    expect(await refusal(context)).toContain(
      `Cannot write to the data folder "${path}": EROFS: read-only file system`,
    )
    expect(await databases(path)).toEqual(before)
  },
)

faultTest(
  'a disk without inodes says so, since its blocks are free and nobody would look further (promise 11)',
  root,
  async (context) => {
    // The root of the mount has one; databases, logs and their indexes want the others.
    const path = join(context.folder, 'data')
    using _ = smallDisk(path, 'size=8m,nr_inodes=4')
    expect(await refusal(context)).toEndWith('the disk has no inode left for another file')
  },
)

faultTest(
  'a log that nobody takes keeps nobody from being served: a full disk, a closed one, a pipe whose reader went (promise 7)',
  ['bash'],
  async (context) => {
    const endings = ['> /dev/full', '>&-', '> >(head -n 1 > /dev/null)']
    for (const [place, ending] of endings.entries()) {
      const port = String(freePort())
      const env = { FANFARE_LISTEN: `127.0.0.1:${port}=*`, FANFARE_LOG_LEVEL: 'trace' }
      const child = context.launch(env, { before: ['bash', '-c', `exec "$0" "$@" ${ending}`] })
      const asked = await answering(`http://127.0.0.1:${port}/healthz`)
      expect({ place, asked }).toEqual({ place, asked: 20 })
      child.kill('SIGTERM')
      expect(await child.exited).toBe(0)
    }
  },
)

/** How often of twenty times it answers, once it does. */
async function answering(address: string): Promise<number> {
  let good = 0
  for (const began = performance.now(); performance.now() - began < 20_000 && good < 20;) {
    const answer = await fetch(address).catch(() => null)
    if (answer?.status === 200) good++
    else if (good > 0) return good
    else await Bun.sleep(20)
  }
  return good
}
