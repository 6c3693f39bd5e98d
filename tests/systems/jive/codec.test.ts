import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Refusal } from '../../../src/core/errors.ts'
import { codec } from '../../../src/systems/jive/codec.ts'
import { commands } from '../../../src/systems/jive/commands.ts'

/** Reads a frame as the gateway does up to the handler: the codec, then the shape of the command. */
function read(frame: string): 'ok' | Refusal {
  const table = commands({} as never)
  try {
    const { name, data } = codec.decode(frame)
    const parsed = table.get(name)?.parse(data)
    return parsed === undefined || parsed.ok ? 'ok' : parsed.refusal
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const command = fc.record(
  {
    command: fc.oneof(
      fc.constantFrom('Subscribe', 'Unsubscribe', 'Request', 'Ping', 'Pong'),
      fc.string(),
      fc.jsonValue(),
    ),
    data: fc.oneof(
      fc.jsonValue(),
      fc.record({ topic: fc.jsonValue(), ack: fc.jsonValue() }, { requiredKeys: [] }),
      fc.record({ resource: fc.jsonValue(), params: fc.jsonValue() }, { requiredKeys: [] }),
    ),
  },
  { requiredKeys: [] },
)

test('generated commands are read or refused and nothing else, so that no client can end the process', () => {
  fc.assert(
    fc.property(command, (value) => {
      const answer = read(JSON.stringify(value))
      expect(answer === 'ok' || answer instanceof Refusal).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test('malformed frames are refused and nothing else', () => {
  const cut = fc.tuple(command, fc.nat(), fc.string()).map(([value, at, noise]) => {
    const text = JSON.stringify(value)
    const place = at % (text.length + 1)
    return text.slice(0, place) + noise + text.slice(place + 1)
  })
  fc.assert(
    fc.property(fc.oneof(cut, fc.string(), fc.string({ unit: 'binary' })), (frame) => {
      const answer = read(frame)
      expect(answer === 'ok' || answer instanceof Refusal).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test.each([
  ['nothing', ''],
  ['no JSON', 'ping'],
  ['a number', '1'],
  ['null', 'null'],
  ['a list', '[{"command":"Ping"}]'],
  ['no command', '{"data":{}}'],
  ['a command that is no text', '{"command":{"a":1}}'],
  ['an inherited command', '{"__proto__":{"command":"Ping"}}'],
  ['another system’s frame', '{"i":"1","t":"PING","p":{}}'],
  ['deep nesting', `{"command":"Ping","data":${'['.repeat(40)}${']'.repeat(40)}}`],
  ['a frame that ends early', '{"command":"Ping"'],
])('%s is BAD_FRAME, so that the client learns what it did', (_, frame) => {
  const answer = read(frame)
  expect(answer).toBeInstanceOf(Refusal)
  expect((answer as Refusal).code).toBe('BAD_FRAME')
})

test('J16, J22: only a recorded message, and only for a client that asked, carries an id', () => {
  const message = { id: '7', channel: 'jive/family:f1', type: 'Notification', body: '{}', at: 0 }
  expect(codec.message(message, '')).toBe('{"type":"Notification","data":{}}')
  expect(codec.message(message, 'ids')).toBe('{"type":"Notification","id":"7","data":{}}')
  expect(codec.message({ ...message, id: '' }, 'ids')).toBe('{"type":"Notification","data":{}}')
})

test('an error with anything in its message is still one JSON frame', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (message) => {
      const frame = codec.refusal(new Refusal('FORBIDDEN', message), null, 0)
      expect(JSON.parse(frame as string)).toEqual({
        type: 'Error',
        data: { code: 'FORBIDDEN', message },
      })
    }),
  )
})
