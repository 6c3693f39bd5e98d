import { expect, test } from 'bun:test'
import { calm, echo } from '../echo.ts'
import { start } from '../fixture.ts'
import type { Plug } from '../../src/systems.ts'

/** The test system twice: the second one has something to end, which `end` ends. */
function two() {
  const ended = Promise.withResolvers<void>()
  const asked: number[] = []
  const plug: Plug = (...given) => {
    const [first] = echo(calm)(...given)
    const paths = { shared: ['/second/ws'], own: [] }
    const drain = (ms: number) => {
      asked.push(ms)
      return ended.promise
    }
    return [first!, { ...first!, name: 'second', paths, drain }]
  }
  return { plug, asked, end: ended.resolve, fail: ended.reject }
}

test('connections of a system that has something to end stay until it has, and the others go at once', async () => {
  const { plug, asked, end } = two()
  await using server = await start({}, { plug })
  const [first, second] = [await server.connect('/echo/ws'), await server.connect('/second/ws')]
  const stopping = server.fanfare.stop()
  expect((await first.close()).code).toBe(1012)
  expect(asked).toEqual([10_000])
  server.clock.advance(9_000)
  expect(await second.next()).toEqual({ hello: true })
  second.send({ i: '1', c: 'Echo', d: 'still here' })
  expect(await second.next()).toEqual({ i: '1', r: 'still here' })
  expect(second.closed).toBeNull()
  end()
  expect((await second.close()).code).toBe(1012)
  await stopping
})

test('a system that does not come to an end has its connections closed when time is up', async () => {
  const { plug } = two()
  await using server = await start({}, { plug })
  const second = await server.connect('/second/ws')
  const stopping = server.fanfare.stop()
  server.clock.advance(9_999)
  expect(second.closed).toBeNull()
  server.clock.advance(1)
  expect((await second.close()).code).toBe(1012)
  await stopping
})

test('a system that fails to end is logged, and its connections go', async () => {
  const { plug, fail } = two()
  await using server = await start({}, { plug })
  const second = await server.connect('/second/ws')
  const stopping = server.fanfare.stop()
  fail(new Error('no end'))
  expect((await second.close()).code).toBe(1012)
  await stopping
  expect(server.logged.filter((line) => line.includes('no end'))).toHaveLength(1)
})
