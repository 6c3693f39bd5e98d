import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demanded } from '../machine.ts'
import { program } from '../program.ts'

const unitPath = join(import.meta.dir, '../../docs/operate/fanfare.service')
const unit = readFileSync(unitPath, 'utf8')
const scratch = mkdtempSync(join(tmpdir(), 'fanfare-unit-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Skipped where a tool is not installed, unless everything is demanded. */
const using = (...tools: string[]) =>
  test.skipIf(!demanded && tools.some((tool) => Bun.which(tool) === null))

function output(...words: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(words)
  if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${exitCode} ${stdout}${stderr}`)
  return `${stdout}${stderr}`
}

/** The values of a directive, in order. */
function valuesOf(directive: string): string[] {
  return [...unit.matchAll(new RegExp(`^${directive}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

using('systemd-analyze')('systemd finds nothing wrong with the unit', () => {
  const installed = join(scratch, 'fanfare.service')
  writeFileSync(installed, unit.replace('/usr/local/bin/fanfare', process.execPath))
  expect(output('systemd-analyze', 'verify', installed)).toBe('')
})

using('systemd-analyze')('the unit leaves the server little to do harm with', () => {
  const words = ['security', '--offline=true', '--no-pager', '--threshold=20', unitPath]
  expect(output('systemd-analyze', ...words)).toMatch(/exposure level for fanfare.service: 1\.\d/)
})

/** The system calls of a filter, its groups and what they consist of spelled out. */
function callsOf(filter: string): Set<string> {
  const calls = new Set<string>()
  for (const name of filter.split(' ')) {
    if (!name.startsWith('@')) calls.add(name)
    else {
      const lines = output('systemd-analyze', '--no-pager', 'syscall-filter', name).split('\n')
      const members = lines.slice(1).map((line) => line.trim())
      for (const member of members.filter((line) => line !== '' && !line.startsWith('#'))) {
        for (const call of callsOf(member)) calls.add(call)
      }
    }
  }
  return calls
}

test('a call for root is outside the filter and reading is inside, so that the filter is read as systemd does', () => {
  if (Bun.which('systemd-analyze') === null && !demanded) return
  const allowed = allowedCalls()
  expect([allowed.has('read'), allowed.has('mount'), allowed.has('setpriority')]).toEqual([
    true,
    false,
    false,
  ])
})

function allowedCalls(): Set<string> {
  const [wanted = '', ...without] = valuesOf('SystemCallFilter')
  // Systemd lets these through whatever a filter says.
  const allowed = callsOf(`${wanted} @default`)
  for (const filter of without) for (const call of callsOf(filter.slice(1))) allowed.delete(call)
  return allowed
}

/** The environment that the unit gives, with its folders in `root`. */
function environmentOf(root: string): Record<string, string> {
  const pairs = valuesOf('Environment').map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return [name, value.join('=').replaceAll('%S', root).replaceAll('%d', join(root, 'secrets'))]
  })
  return Object.fromEntries(pairs)
}

using('systemd-analyze', 'strace')(
  'with the environment of the unit a server starts, publishes and ends, and makes no system call that the unit forbids',
  async () => {
    const root = mkdtempSync(join(scratch, 'root-'))
    mkdirSync(join(root, 'secrets'))
    for (const credential of valuesOf('LoadCredential')) {
      const [name = ''] = credential.split(':')
      writeFileSync(join(root, 'secrets', name), `${name}-0123456789-0123456789-0123456789\n`)
    }
    const settings = join(root, 'fanfare.toml')
    writeFileSync(
      settings,
      'listen = ["127.0.0.1:0=*"]\ninternal = "127.0.0.1:0"\n[pledge]\nupstream_url = "http://localhost:1"\n[crash]\nchain_length = 100\nsalt_source = "local"\n',
    )
    const trace = join(root, 'trace')
    const server = Bun.spawn(
      ['strace', '-f', '-qq', '-o', trace, ...program, 'serve', '-c', settings],
      {
        cwd: root,
        env: { PATH: process.env['PATH'], ...environmentOf(root) },
        stdout: 'pipe',
        stderr: 'inherit',
      },
    )
    let log = ''
    for await (const chunk of server.stdout.pipeThrough(new TextDecoderStream())) {
      log += chunk
      if (log.includes('"systems":"internal"') && log.includes('rounds go on')) break
    }
    const [, url = ''] = /"url":"([^"]+)","systems":"\*"/.exec(log) ?? []
    const message = { level: 'info', title: 'Hello', message: 'there' }
    const published = await fetch(`${url}/api/publish`, {
      method: 'POST',
      headers: { authorization: 'Bearer server-key-0123456789-0123456789-0123456789' },
      body: JSON.stringify({ channel: 'jive/family:f1', type: 'Notification', data: message }),
    })
    expect([published.status, log]).toEqual([200, log])
    const pid = Number(/^(\d+)/.exec(readFileSync(trace, 'utf8'))?.[1])
    process.kill(pid, 'SIGTERM')
    expect(await server.exited).toBe(0)
    const made = new Set(
      [...readFileSync(trace, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(([, call = '']) => call),
    )
    expect(made.size).toBeGreaterThan(30)
    const allowed = allowedCalls()
    // SQLite gives its files their owner, but only as root.
    if (process.getuid?.() === 0) made.delete('fchown')
    expect([...made].filter((call) => !allowed.has(call))).toEqual([])
  },
  60_000,
)
