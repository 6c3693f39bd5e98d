import { afterAll, expect, test } from 'bun:test'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { keys, variableOf } from '../../src/config/keys.ts'
import { demanded, freePort } from '../machine.ts'

const root = join(import.meta.dir, '../..')
const folder = join(root, 'docs/operate')
const scratch = fs.mkdtempSync(join(tmpdir(), 'fanfare-docker-'))
fs.chmodSync(scratch, 0o755)
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

const variables = new Set(keys.map(({ path }) => variableOf(path)))

interface Instruction {
  readonly name: string
  readonly rest: string
}

/** The instructions of the Dockerfile, stage by stage. */
function stages(): Instruction[][] {
  const text = fs.readFileSync(join(folder, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ')
  const found: Instruction[][] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', rest = ''] = /^([A-Z]+) +(.+)$/.exec(line) ?? []
    if (name === 'FROM') found.push([])
    found.at(-1)!.push({ name, rest })
  }
  return found
}

function restOf(instructions: readonly Instruction[], name: string): string[] {
  return instructions.filter((one) => one.name === name).map(({ rest }) => rest)
}

function environmentOf(instructions: readonly Instruction[]): Record<string, string> {
  const pairs = restOf(instructions, 'ENV').map((pair) => [
    pair.slice(0, pair.indexOf('=')),
    pair.slice(pair.indexOf('=') + 1),
  ])
  return Object.fromEntries(pairs)
}

test('the image names only settings that exist, a user that is not root, and every port it listens on', () => {
  const image = stages().at(-1)!
  for (const name of Object.keys(environmentOf(image))) expect(variables).toContain(name)
  expect(restOf(image, 'USER')).toEqual(['65532:65532'])
  const listen = keys.find(({ path }) => path === 'listen')!.fallback as string[]
  const ports = [...listen.map((entry) => entry.split('=')[0]), '9090']
  expect(restOf(image, 'EXPOSE')).toEqual([ports.join(' ')])
  const known = 'FROM COPY ENV USER WORKDIR VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD'
  expect(image.filter(({ name }) => !known.split(' ').includes(name))).toEqual([])
})

test('compose.yml sets only what exists, and reads each secret where it is put', async () => {
  const text = await Bun.file(join(folder, 'compose.yml')).text()
  const { services, secrets, volumes } = Bun.YAML.parse(text) as any
  const { fanfare } = services
  const environment = fanfare.environment as Record<string, string>
  for (const [name, value] of Object.entries(environment)) {
    expect(variables).toContain(name)
    const [, secret] = /^file:\/run\/secrets\/(\w+)$/.exec(value) ?? []
    if (secret !== undefined) expect(fanfare.secrets).toContain(secret)
  }
  expect(Object.keys(secrets)).toEqual(fanfare.secrets)
  expect(fanfare.volumes).toEqual(Object.keys(volumes).map((name) => `${name}:/data`))
})

const binary = process.env['FANFARE_BINARY']
const unshare = Bun.which('unshare')
const able = binary !== undefined && process.getuid?.() === 0 && unshare !== null

/** What the base image has of glibc, from this machine, and where /proc belongs. */
function furnish(image: string): void {
  fs.mkdirSync(join(image, 'proc'))
  const libraries = Bun.spawnSync(['ldd', binary!]).stdout.toString()
  for (const [path] of libraries.matchAll(/\/\S+\.so\S*/g)) {
    fs.mkdirSync(dirname(join(image, path)), { recursive: true })
    fs.copyFileSync(fs.realpathSync(path), join(image, path))
  }
}

/** Carries out COPY and RUN in a folder that stands for each image; answers the last. */
function build(): { image: string; instructions: readonly Instruction[] } {
  const images = new Map<string, string>()
  let image = ''
  const all = stages()
  for (const instructions of all) {
    for (const { name, rest } of instructions) {
      if (name === 'FROM') {
        image = fs.mkdtempSync(join(scratch, 'image-'))
        fs.chmodSync(image, 0o755)
        const [, alias] = / AS (\w+)$/.exec(rest) ?? []
        if (alias !== undefined) images.set(alias, image)
      }
      if (name === 'RUN') run(rest.replaceAll(' /', ` ${image}/`))
      if (name === 'COPY') copy(rest, image, images)
    }
  }
  furnish(image)
  return { image, instructions: all.at(-1)! }
}

function run(command: string): void {
  const { exitCode, stderr } = Bun.spawnSync(['sh', '-c', command])
  if (exitCode !== 0) throw new Error(`${command}: ${stderr}`)
}

function copy(rest: string, image: string, images: ReadonlyMap<string, string>): void {
  const [source = '', target = ''] = rest.split(' ').filter((word) => !word.startsWith('--'))
  const option = (name: string) => new RegExp(`--${name}=(\\S+)`).exec(rest)?.[1]
  const stage = option('from')
  const from = stage === undefined ? join(root, source) : join(images.get(stage)!, source)
  const to = join(image, target)
  fs.mkdirSync(dirname(to), { recursive: true })
  // In the build the binary lies where `npm run build` puts it.
  fs.cpSync(source === 'dist/fanfare' ? binary! : from, to, { recursive: true })
  run(`chmod ${option('chmod') ?? `--reference=${from}`} ${to}`)
  if (option('chown') !== undefined) run(`chown ${option('chown')} ${to}`)
}

test.skipIf(!able && !demanded)(
  'what the Dockerfile describes starts, is healthy for its HEALTHCHECK, publishes, is backed up, and ends at its STOPSIGNAL (root and the binary needed)',
  async () => {
    const { image, instructions } = build()
    const [user = ''] = restOf(instructions, 'USER')
    const [uid = '', gid = ''] = user.split(':')
    const words = (name: string) => JSON.parse(restOf(instructions, name)[0]!) as string[]
    const port = freePort()
    const internal = freePort()
    const env = {
      PATH: process.env['PATH'],
      ...environmentOf(instructions),
      FANFARE_INTERNAL: `0.0.0.0:${internal}`,
      FANFARE_LISTEN: `0.0.0.0:${port}=*`,
      FANFARE_AUTH_SECRET: 'file:/run/secrets/auth_secret',
      FANFARE_SERVER_KEY: 'file:/run/secrets/server_key',
      FANFARE_CRASH_CHAIN_LENGTH: '100',
      FANFARE_PLEDGE_UPSTREAM_URL: '',
    }
    for (const name of ['auth_secret', 'server_key']) {
      const path = join(image, 'run/secrets', name)
      fs.mkdirSync(dirname(path), { recursive: true })
      fs.writeFileSync(path, `${name}-0123456789-0123456789-0123456789\n`)
      fs.chownSync(path, Number(uid), Number(gid))
      fs.chmodSync(path, 0o400)
    }
    const enter = 'mount -t proc proc "$0/proc" && exec setpriv --no-new-privs chroot "$@"'
    const inside = (command: string[]) =>
      Bun.spawn(
        [
          ...[unshare!, '--mount', 'sh', '-c', enter, image],
          ...[`--userspec=${user}`, '--groups=', image, ...command],
        ],
        { env, stdout: 'pipe', stderr: 'pipe' },
      )
    const server = inside([...words('ENTRYPOINT'), ...words('CMD')])
    const [, check = ''] = / CMD (\[.*\])$/.exec(restOf(instructions, 'HEALTHCHECK')[0]!) ?? []
    const health = async () => {
      const looked = inside(JSON.parse(check) as string[])
      return [await looked.exited, await looked.stdout.text(), await looked.stderr.text()]
    }
    try {
      let seen = await health()
      for (let tries = 0; seen[0] !== 0 && tries < 300; tries++) {
        if (server.exitCode !== null) throw new Error(await server.stderr.text())
        await Bun.sleep(100)
        seen = await health()
      }
      expect(seen).toEqual([0, expect.stringContaining('ok    store'), ''])
      const message = { level: 'info', title: 'Hello', message: 'there' }
      const published = await fetch(`http://127.0.0.1:${port}/api/publish`, {
        method: 'POST',
        headers: { authorization: 'Bearer server_key-0123456789-0123456789-0123456789' },
        body: JSON.stringify({ channel: 'jive/family:f1', type: 'Notification', data: message }),
      })
      expect(published.status).toBe(200)
      for (const verb of ['backup /data/monday.tar', 'crash audit', 'key list']) {
        const ran = inside(['/usr/local/bin/fanfare', ...verb.split(' ')])
        expect([verb, await ran.exited, await ran.stderr.text()]).toEqual([verb, 0, ''])
      }
      const { uid: owner, mode } = fs.statSync(join(image, 'data/fanfare.db'))
      expect([owner, mode & 0o777]).toEqual([Number(uid), 0o600])
      server.kill(restOf(instructions, 'STOPSIGNAL')[0] as NodeJS.Signals)
      expect(await server.exited).toBe(0)
      expect((await health())[0]).toBe(3)
    } finally {
      server.kill('SIGKILL')
    }
  },
  60_000,
)
