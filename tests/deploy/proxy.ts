import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificate } from '../certificate.ts'
import { freePort } from '../machine.ts'

/** A proxy that runs as its recipe says, on a free port of this machine. */
export interface Proxy extends AsyncDisposable {
  /** `https://localhost:PORT`. */
  readonly url: string
  /** Everything it has logged. */
  logged(): string
  /** Has it read its configuration again, as an operator would. */
  reload(): void
}

/** A proxy that can be tried: its program, and how it is started before a server. */
export interface Recipe {
  readonly tool: string
  readonly text: string
  /** Its open connections outlive a reload. */
  readonly keepsOnReload: boolean
  start(upstream: string): Promise<Proxy>
}

const folder = join(import.meta.dir, '../../docs/deploy')

/** The recipes of docs/deploy; nothing in them is changed but ports, files and the name of the site. */
export const recipes: readonly Recipe[] = [
  { tool: 'nginx', text: read('nginx.conf'), keepsOnReload: true, start: startNginx },
  { tool: 'caddy', text: read('Caddyfile'), keepsOnReload: false, start: startCaddy },
]

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

function startNginx(upstream: string): Promise<Proxy> {
  const port = freePort()
  const dir = filled()
  const config = join(dir, 'nginx.conf')
  const text = replaced(read('nginx.conf'), {
    'server 127.0.0.1:8080;': `server ${new URL(upstream).host};`,
    'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
    'pid /run/nginx.pid;': `pid ${dir}/pid; daemon off;`,
    '/etc/ssl/certs/fanfare.pem': `${dir}/cert.pem`,
    '/etc/ssl/private/fanfare.key': `${dir}/key.pem`,
    '/var/log/nginx/access.log': `${dir}/access.log`,
    '/var/log/nginx/error.log': `${dir}/error.log`,
  })
  writeFileSync(config, text)
  const words = ['nginx', '-e', join(dir, 'error.log'), '-c', config]
  return running(dir, port, {
    words,
    reload: [...words, '-s', 'reload'],
    logs: ['access.log', 'error.log'],
  })
}

function startCaddy(upstream: string): Promise<Proxy> {
  const [port, admin] = [freePort(), freePort()]
  const dir = filled()
  const config = join(dir, 'Caddyfile')
  const text = replaced(read('Caddyfile'), {
    '127.0.0.1:8080': new URL(upstream).host,
    'example.org {': `localhost:${port} {\n\ttls ${dir}/cert.pem ${dir}/key.pem`,
    '\n{\n': `\n{\n\tadmin localhost:${admin}\n\tauto_https disable_redirects\n`,
  })
  writeFileSync(config, text)
  const how = ['--config', config, '--adapter', 'caddyfile']
  return running(dir, port, {
    words: ['caddy', 'run', ...how],
    reload: ['caddy', 'reload', ...how, '--force', '--address', `localhost:${admin}`],
    logs: ['out.log'],
  })
}

interface Commands {
  readonly words: readonly string[]
  readonly reload: readonly string[]
  readonly logs: readonly string[]
}

async function running(
  dir: string,
  port: number,
  { words, reload, logs }: Commands,
): Promise<Proxy> {
  const out = Bun.file(join(dir, 'out.log'))
  const env = { ...process.env, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
  const child = Bun.spawn([...words], { cwd: dir, env, stdout: out, stderr: out })
  const logged = () =>
    ['out.log', ...logs].map((name) => readFileSync(join(dir, name), 'utf8')).join('')
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${words[0]} ended: ${logged()}`)
    await Bun.sleep(20)
  }
  return {
    url: `https://localhost:${port}`,
    logged,
    reload() {
      const { exitCode, stderr } = Bun.spawnSync([...reload], { cwd: dir, env })
      if (exitCode !== 0) throw new Error(`${reload.join(' ')}: ${stderr}`)
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await child.exited
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A folder with a certificate and its key. */
function filled(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-proxy-'))
  writeFileSync(join(dir, 'cert.pem'), certificate.cert)
  writeFileSync(join(dir, 'key.pem'), certificate.key)
  return dir
}

/** Replaces what stands in a text exactly once. */
function replaced(text: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((changed, [from, to]) => {
    const [head, tail, ...more] = changed.split(from)
    if (tail === undefined || more.length > 0) throw new Error(`${from} does not stand there once`)
    return head + to + tail
  }, text)
}

async function answers(port: number): Promise<boolean> {
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: { data() {} },
  }).catch(() => null)
  socket?.terminate()
  return socket !== null
}
