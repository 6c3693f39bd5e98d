import { afterEach, expect, test } from 'bun:test'
import { TestClient } from '../fixture.ts'
import { program } from '../program.ts'
import { emptyFolder, fanfare } from './run.ts'

const children: Bun.Subprocess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Starts the verb and takes the line it prints. */
async function simulate(...words: string[]) {
  const child = Bun.spawn([...program, 'simulate', 'exchange', ...words], {
    cwd: emptyFolder(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'test' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  children.push(child)
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  const { value = '' } = await reader.read()
  return { child, line: value }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a simulated exchange prints the setting that points to it, moves prices, has the faults it was given, and ends on %s',
  async (signal) => {
    const { child, line } = await simulate(
      '--rate',
      '50',
      '--symbol',
      'A-USDT',
      '--fault',
      'drop=2',
    )
    const [, url = ''] =
      /^FANFARE_PLEDGE_UPSTREAM_URL=(http:\/\/127\.0\.0\.1:\d+)\n$/.exec(line) ?? []
    const answer = await fetch(`${url}/api/v1/bullet-public`, { method: 'POST' })
    const { data } = (await answer.json()) as any
    const { endpoint } = data.instanceServers[0]
    const client = await TestClient.open(`${endpoint}?token=${data.token}&connectId=1`)
    expect(await client.next()).toEqual({ id: '1', type: 'welcome' })
    client.send({ id: '2', type: 'subscribe', topic: '/market/ticker:B-USDT', response: true })
    expect(await client.next()).toMatchObject({ id: '2', type: 'error', code: 404 })
    client.send({ id: '3', type: 'subscribe', topic: '/market/ticker:A-USDT', response: true })
    expect(await client.next()).toEqual({ id: '3', type: 'ack' })
    await client.close()
    expect(client.frames.map((frame) => JSON.parse(frame).topic)).toEqual([
      '/market/ticker:A-USDT',
      '/market/ticker:A-USDT',
    ])
    child.kill(signal)
    expect(await child.exited).toBe(0)
  },
)

test('a port in use is one line, and exit 1', async () => {
  const { line } = await simulate()
  const port = /:(\d+)\n$/.exec(line)?.[1] ?? ''
  const { exitCode, err } = await fanfare(['simulate', 'exchange', '--port', port])
  expect(exitCode).toBe(1)
  expect(err).toBe(`Cannot listen on 127.0.0.1:${port} (--port): the port is in use`)
})
