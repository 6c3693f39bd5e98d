import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from '../../src/core/store.ts'
import { openSqlite } from '../../src/storage/sqlite/client.ts'
import { StorageError } from '../../src/storage/sqlite/failure.ts'
import { startThread } from '../../src/storage/sqlite/worker.ts'
import { fakeClock } from '../clock.ts'

const appender = join(import.meta.dir, 'appender.ts')
const prlimit = Bun.which('prlimit')
let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-crash-'))
})
// A thread that has just died may still take files away.
afterEach(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))

/** What a later server finds in the folder. */
async function kept(): Promise<Message[]> {
  const { store } = await openSqlite({ dir, dev: false, clock: fakeClock() })
  const messages: Message[] = []
  for (;;) {
    const page = await store.since('jive/family:1', messages.length, 1_000)
    messages.push(...page.messages)
    if (!page.more) break
  }
  await store.stop()
  return messages
}
function wordsAfter(word: string, lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length + 1))
}

describe('what was acknowledged is there', () => {
  test('after kill -9 in the middle of writing, three times on the same folder', async () => {
    for (let round = 1; round <= 3; round++) {
      const child = Bun.spawn([process.execPath, appender, dir], { stdout: 'pipe' })
      let text = ''
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += chunk
        if (text.length > 20_000) child.kill('SIGKILL')
      }
      await child.exited
      const acknowledged = wordsAfter('kept', text.slice(0, text.lastIndexOf('\n')).split('\n'))
      expect(acknowledged.length).toBeGreaterThan(100)
      const found = await kept()
      const ids = new Set(found.map(({ id }) => id))
      expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
      expect(found.map(({ version }) => version)).toEqual(found.map((_, index) => index + 1))
    }
  })

  test('when the system refuses to let the file grow, and no version stays untold', async () => {
    // The limit is per file, in blocks of 512 or 1,024 bytes; the write fails with EFBIG.
    const shell = 'ulimit -f 1000; trap "" XFSZ; exec "$0" "$@"'
    const child = Bun.spawn(['sh', '-c', shell, process.execPath, appender, dir], {
      stdout: 'pipe',
    })
    const lines = (await child.stdout.text()).trim().split('\n')
    expect(wordsAfter('fault', lines)).not.toEqual(['null'])
    const acknowledged = wordsAfter('kept', lines)
    expect(acknowledged.length).toBeGreaterThan(100)
    expect(lines.filter((line) => line === 'lost').length).toBeGreaterThanOrEqual(400)
    const told = wordsAfter('told', lines).map(Number)
    expect(told).toEqual(told.map((_, index) => index + 1))
    const found = await kept()
    const ids = new Set(found.map(({ id }) => id))
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
    expect(told.length).toBeGreaterThanOrEqual(acknowledged.length)
  })
})

test.skipIf(prlimit === null && !process.env['FANFARE_REQUIRE_ALL'])(
  'writing comes back by itself once there is room again, without anybody writing (needs prlimit)',
  async () => {
    const script = join(import.meta.dir, 'recoverer.ts')
    const shell = 'ulimit -S -f 1000; trap "" XFSZ; exec "$0" "$@"'
    const child = Bun.spawn(['sh', '-c', shell, process.execPath, script, dir], {
      stdin: 'pipe',
      stdout: 'pipe',
    })
    let text = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const waits = !text.includes('failing')
      text += chunk
      if (!waits || !text.includes('failing')) continue
      Bun.spawnSync([prlimit!, '--pid', String(child.pid), '--fsize=unlimited'])
      child.stdin.write('go on\n')
      child.stdin.end()
    }
    const [failing, fault, last] = text.trim().split('\n')
    const kept = Number(failing!.split(' ')[1])
    expect(kept).toBeGreaterThan(10)
    expect(failing).toBe(`failing ${kept} true`)
    expect(fault).toBe('fault null')
    expect(last).toBe(`kept ${kept + 1}`)
  },
)

describe('a thread that ends by itself', () => {
  test('is noticed, whatever waited for it', async () => {
    const reasons: string[] = []
    const thread = await startThread(
      { open: 'write', folder: dir, dev: false },
      { settle: () => {}, died: (reason) => reasons.push(reason) },
      Promise.resolve(),
    )
    thread.send('this is no JSON')
    await thread.stop()
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toContain('JSON')
  })

  test('fails every call, says so for good and calls onDeath once', async () => {
    const workers: Worker[] = []
    const Original = globalThis.Worker
    globalThis.Worker = class extends Original {
      constructor(...args: ConstructorParameters<typeof Original>) {
        super(...args)
        workers.push(this)
      }
    }
    const deaths: string[] = []
    const onDeath = (reason: string) => void deaths.push(reason)
    const { store } = await openSqlite({ dir, dev: false, clock: fakeClock(), onDeath })
    globalThis.Worker = Original
    workers[0]!.postMessage('this is no JSON')
    const ended = { code: 'STORE_UNAVAILABLE' }
    // The writer has died before it comes to this; a read of now might still be answered by the other thread.
    await expect(store.put('a', 'b')).rejects.toMatchObject(ended)
    await expect(store.get('a', 0)).rejects.toMatchObject(ended)
    expect(store.fault()).toContain('The storage thread ended: ')
    expect(deaths).toHaveLength(1)
    await store.stop()
  })
})

describe('stopping', () => {
  test('writes what is queued, refuses what comes later and leaves the folder free', async () => {
    const { store } = await openSqlite({ dir, dev: false, clock: fakeClock() })
    const channels = ['jive/family:1'] as const
    const calls = Array.from({ length: 2_000 }, (_, index) =>
      store.append([{ channels, type: 'Note', body: String(index), at: 1 }]),
    )
    const stopped = store.stop()
    const late = store.put('late', 'x')
    await expect(late).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await Promise.all(calls)
    await stopped
    await store.stop()
    expect((await kept()).map(({ body }) => body)).toEqual(calls.map((_, index) => String(index)))
  })

  test('a folder that cannot be used is told as a StorageError from the thread', async () => {
    const folder = '/proc/self'
    const opening = openSqlite({ dir: folder, dev: false, clock: fakeClock() })
    await expect(opening).rejects.toBeInstanceOf(StorageError)
  })
})

describe('more than fits', () => {
  const draft = { channels: ['jive/family:1'] as const, type: 'Note', body: '"x"', at: 1 }

  test('in rows or bytes is refused at once, and what waits is kept', async () => {
    const limits = { queueRows: 100, queueBytes: 20_000 }
    const { store } = await openSqlite({ dir, dev: false, clock: fakeClock(), ...limits })
    const overloaded = { code: 'OVERLOADED' }
    const waiting = Array.from({ length: 40 }, () => store.append([draft]))
    const many = store.append(Array.from({ length: 21 }, () => draft))
    await expect(many).rejects.toMatchObject(overloaded)
    // What could not pass on an idle server is told apart from what may come again.
    const most = store.append(Array.from({ length: 100 }, () => draft))
    await expect(most).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    const huge = { ...draft, body: JSON.stringify('y'.repeat(20_000)) }
    await expect(store.append([huge])).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    await Promise.all(waiting)
    await store.append(Array.from({ length: 80 }, () => draft))
    await store.stop()
    expect(await kept()).toHaveLength(120)
  })
})
