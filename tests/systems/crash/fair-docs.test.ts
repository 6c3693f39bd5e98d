import { expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crashPoint, previousHash } from '../../../src/systems/crash/draw.ts'
import { casino } from './casino.ts'

const page = await Bun.file(join(import.meta.dir, '../../../docs/fairness.md')).text()
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)

const salt = '0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c'
const published = '0994344caec91863cb5e88a39fc08b47303791beb3e5a9e119dd9227028e8569'
const outside = '5d07719b61b0abb6f1c3b17b1d69c838278f87f9b5e75077026e5fedf96c2eb2'
const bitcoin = '0000000000000000004d6ec16dafe9d8370958664c1dc422f452892264c59526'

/** Rounds to check: those that are published, both ends of the range as far as chance gives them, and others. */
const rounds: [hash: string, salt: string, rtpBps: number, cap: string][] = [
  [published, salt, 9_900, '1000000.00'],
  [published, salt, 9_600, '2.00'],
  [outside, bitcoin, 9_900, '1000000.00'],
  [outside, 'ein Salz mit Ümlaut', 9_700, '1000000.00'],
  ...Array.from({ length: 10 }, (): [string, string, number, string] => [
    randomBytes(32).toString('hex'),
    randomBytes(16).toString('hex'),
    9_700,
    '1000000.00',
  ]),
]

/** What the program of the page must print. */
function expected([hash, mixed, rtpBps, cap]: (typeof rounds)[number]): string {
  const bytes = Buffer.from(hash, 'hex')
  const point = crashPoint(bytes, mixed, rtpBps, Math.round(Number(cap) * 100))
  return `${(point / 100).toFixed(2)} ${Buffer.from(previousHash(bytes)).toString('hex')}`
}

/** Runs a program of the page on every round. */
async function printed(command: string, name: string, program: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-check-'))
  const file = join(folder, name)
  writeFileSync(file, program)
  try {
    return await Promise.all(
      rounds.map(async (round) => {
        const child = Bun.spawn([command, file, ...round.map(String)], { stderr: 'inherit' })
        return (await child.stdout.text()).trim()
      }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the JavaScript of the page prints what is played', async () => {
  const [program = '', ...others] = blocks('js')
  expect(others).toEqual([])
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(10)
  expect(await printed(process.execPath, 'check.mjs', program)).toEqual(rounds.map(expected))
  const [, command = '', answer = ''] = /^```\nnode check\.mjs (.+)\n(.+)\n```$/m.exec(page) ?? []
  const [hash = '', mixed = '', rtp = '', cap = ''] = command.split(' ')
  expect(expected([hash, mixed, Number(rtp), cap])).toBe(answer)
})

const python = Bun.which('python3')

test.skipIf(python === null && !process.env['FANFARE_REQUIRE_ALL'])(
  'the Python of the page prints what is played, needing python3',
  async () => {
    const [program = '', ...others] = blocks('python')
    expect(others).toEqual([])
    expect(program.trim().split('\n').length).toBeLessThanOrEqual(10)
    expect(await printed(python ?? 'python3', 'check.py', program)).toEqual(rounds.map(expected))
  },
)

test('the lines to try answer what the page says, without a key', async () => {
  await using place = await casino({ points: [100] })
  await place.until('waiting')
  await place.server.settled(() =>
    place.server.logged.some((line) => line.includes('chain committed')),
  )
  const [lines = ''] = blocks('sh')
  const answers: Record<string, unknown>[] = []
  for (const line of lines.trim().split('\n')) {
    const [, method = 'GET', path = '', body] =
      /^curl (?:-X (\w+) )?'?http:\/\/localhost:8080([^\s']+)'?(?: -d '([^']+)')?$/.exec(line) ?? []
    const answer = await place.server.fetch(path, { method, ...(body !== undefined && { body }) })
    expect([line, answer.status]).toEqual([line, 200])
    answers.push((await answer.json()) as Record<string, unknown>)
  }
  expect(answers[0]).toMatchObject({ commitment: expect.any(String), rtpBps: 9_700, cap: 1e6 })
  expect(answers[1]?.['rounds']).toHaveLength(1)
  expect(answers[2]).toMatchObject({
    crashPoint: 3.2,
    previousHash: expect.stringMatching(/^4ff37e29/),
  })
})

test('every test that the page names is there, so that no promise is made of air', async () => {
  const named = [...page.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(8)
  for (const name of named) {
    const path = name.includes('/') ? name : `tests/systems/crash/${name}`
    expect([path, await Bun.file(join(import.meta.dir, '../../..', path)).exists()]).toEqual([
      path,
      true,
    ])
  }
})
