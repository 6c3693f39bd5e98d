import { expect, test } from 'bun:test'
import { start } from '../fixture.ts'

test('a user cannot make everybody wait for megabytes: a body over 64 KB is 413, whether it tells its length or not', async () => {
  await using server = await start()
  const token = await server.token('mallory', { families: ['f1'] })
  const post = async (body: string | ReadableStream) => {
    const answer = await fetch(`${server.url}/api/v1/accounts`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${token}` },
    })
    return [answer.status, ((await answer.json()) as { code?: string }).code]
  }
  const inChunks = (text: string) =>
    new ReadableStream({
      start(controller) {
        const bytes = new TextEncoder().encode(text)
        for (let at = 0; at < bytes.length; at += 999) {
          controller.enqueue(bytes.subarray(at, at + 999))
        }
        controller.close()
      },
    })
  const body = (length: number) => {
    const head = '{"family_id":"f1","name":"Küche","x":"'
    return `${head}${'x'.repeat(length - Buffer.byteLength(head) - 2)}"}`
  }
  for (const sent of [body, (length: number) => inChunks(body(length))]) {
    expect(await post(sent(65_537))).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    expect(await post(sent(3_000_000))).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    expect(await post(sent(65_536))).toEqual([201, undefined])
  }
  expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
})

test('a body in chunks that breaks off in the middle of a letter is still read right', async () => {
  await using server = await start()
  const token = await server.token('bob', { families: ['f1'] })
  const bytes = new TextEncoder().encode('{"family_id":"f1","name":"Küche"}')
  const letter = bytes.indexOf(0xc3)
  const answer = await fetch(`${server.url}/api/v1/accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.subarray(0, letter + 1))
        controller.enqueue(bytes.subarray(letter + 1))
        controller.close()
      },
    }),
  })
  expect(await answer.json()).toMatchObject({ name: 'Küche' })
})
