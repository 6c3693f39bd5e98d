import { describe, expect, test } from 'bun:test'
import { bufferedWriter, type Output } from '../../src/core/lines.ts'
import { fakeClock } from '../clock.ts'

describe('the buffered writer', () => {
  function output(): Output & { texts: string[]; fail(): void; writableLength: number } {
    const texts: string[] = []
    let listener = (_: unknown) => {}
    return {
      texts,
      writableLength: 0,
      write: (text) => texts.push(text),
      on: (_, run) => void (listener = run),
      fail: () => listener(new Error('EPIPE')),
    }
  }

  test('writes what a short while brought in one write, in order', () => {
    const clock = fakeClock()
    const stream = output()
    const writer = bufferedWriter(stream, clock)
    for (const line of ['a\n', 'b\n', 'c\n']) writer.write(line)
    expect(stream.texts).toEqual([])
    clock.advance(20)
    expect(stream.texts).toEqual(['a\nb\nc\n'])
    clock.advance(1_000)
    expect(stream.texts).toHaveLength(1)
    writer.write('d\n')
    writer.flush()
    clock.advance(1_000)
    expect(stream.texts).toEqual(['a\nb\nc\n', 'd\n'])
  })

  test('does not collect without bound: a full buffer leaves at once', () => {
    const stream = output()
    const writer = bufferedWriter(stream, fakeClock())
    for (let n = 0; n < 70; n++) writer.write(`${'x'.repeat(1_023)}\n`)
    expect(stream.texts).toHaveLength(1)
  })

  test('drops lines while the reader takes none, since memory matters more, and counts them', () => {
    const clock = fakeClock()
    const stream = output()
    const writer = bufferedWriter(stream, clock)
    stream.writableLength = 5_000_000
    writer.write('lost\n')
    stream.writableLength = 0
    writer.write('kept\n')
    clock.advance(20)
    expect(stream.texts).toEqual(['kept\n'])
    expect(writer.lost).toBe(1)
  })

  test('writes no more once the stream has failed', () => {
    const clock = fakeClock()
    const stream = output()
    const writer = bufferedWriter(stream, clock)
    writer.write('a\n')
    stream.fail()
    writer.write('b\n')
    writer.flush()
    clock.advance(100)
    expect(stream.texts).toEqual([])
  })
})

describe('in a process', () => {
  const path = (name: string) =>
    JSON.stringify(new URL(`../../src/core/${name}`, import.meta.url).pathname)
  const prelude = `
    const { bufferedWriter } = await import(${path('lines.ts')})
    const { systemClock } = await import(${path('clock.ts')})
    const writer = bufferedWriter(process.stdout, systemClock())`

  test('what was logged right before the exit is there', async () => {
    const code = `${prelude}
      for (let n = 0; n < 100; n++) writer.write(n + '\\n')
      process.exit(3)`
    const child = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe' })
    const text = await new Response(child.stdout).text()
    expect(text).toBe(Array.from({ length: 100 }, (_, n) => `${n}\n`).join(''))
    expect(await child.exited).toBe(3)
  })

  test('a closed stdout ends the logging and not the process', async () => {
    const code = `${prelude}
      process.stderr.write('ready')
      for await (const chunk of Bun.stdin.stream()) {
        for (let n = 0; n < 200; n++) {
          writer.write('line\\n')
          writer.flush()
          await new Promise((resolve) => setImmediate(resolve))
        }
        process.stderr.write(' alive')
        process.exit(0)
      }`
    const child = Bun.spawn([process.execPath, '-e', code], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const errors = child.stderr.getReader()
    expect(new TextDecoder().decode((await errors.read()).value)).toBe('ready')
    await child.stdout.cancel()
    child.stdin.write('go')
    await child.stdin.flush()
    expect(new TextDecoder().decode((await errors.read()).value)).toBe(' alive')
    expect(await child.exited).toBe(0)
  })
})
