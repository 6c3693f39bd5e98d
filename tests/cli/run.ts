import { afterAll } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { program } from '../program.ts'

const root = mkdtempSync(join(tmpdir(), 'fanfare-cli-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** What a command printed and ended with. */
export interface Ran {
  readonly out: string
  readonly err: string
  readonly exitCode: number
}

/** An empty folder, so that no configuration of the machine counts. */
export function emptyFolder(): string {
  // Of several test files in one process, the first to end has removed it.
  mkdirSync(root, { recursive: true })
  return mkdtempSync(join(root, 'folder-'))
}

/** Runs `fanfare` as a process of its own, with nothing configured but what `env` says. */
export async function fanfare(
  words: readonly string[],
  { env = {}, folder = emptyFolder(), stdin = '' }: Options = {},
): Promise<Ran> {
  const child = Bun.spawn([...program, ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', NO_COLOR: '1', ...env },
    stdin: new Blob([stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ])
  return { out: out.trimEnd(), err: err.trimEnd(), exitCode }
}

interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly folder?: string
  readonly stdin?: string
}
