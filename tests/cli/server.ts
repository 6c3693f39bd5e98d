import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { program } from '../program.ts'

const folders: string[] = []
const children: Bun.Subprocess[] = []

/** For after each test: one that failed leaves its server running. */
export function cleanUp(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** An empty folder until the end of the test. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'fanfare-serve-'))
  folders.push(made)
  return made
}

/** A server as its user starts it, on free ports. */
export function serve(args: string[], env: Record<string, string> = {}, cwd = folder()) {
  const child = Bun.spawn([...program, 'serve', ...args], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      TMPDIR: cwd,
      FANFARE_LISTEN: '127.0.0.1:0=* 127.0.0.1:0=jive',
      FANFARE_INTERNAL: '127.0.0.1:0',
      FANFARE_CRASH_CHAIN_LENGTH: '1000',
      ...env,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  children.push(child)
  let out = ''
  const reading = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) out += chunk
  })()
  return {
    child,
    cwd,
    out: () => out,
    async until(text: string) {
      while (!out.includes(text)) {
        if (child.exitCode !== null) throw new Error(`ended: ${out}`)
        await Bun.sleep(5)
      }
    },
    /** Where it listens, once it does: the public listeners in their order, then the internal one. */
    async urls(): Promise<readonly string[]> {
      await this.until('"systems":"internal"')
      return [...out.matchAll(/"listening","url":"(\S+?)"/g)].map(([, url]) => url!)
    },
    async end() {
      const code = await child.exited
      await reading
      return { code, out, errors: await new Response(child.stderr).text() }
    },
  }
}
