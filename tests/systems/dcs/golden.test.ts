import { expect, test } from 'bun:test'
import * as v from 'valibot'
import { codec } from '../../../src/systems/dcs/codec.ts'
import { events } from '../../../src/systems/dcs/events.ts'
import { answered } from '../../../src/systems/dcs/envelope.ts'
import { start } from '../../fixture.ts'
import { compact, golden, partner, publish, received } from './scenario.ts'

const samples = ['kyc-status', 'balance-change', 'card-transaction', 'order-status']

test.each(samples)(
  'D10–D16: what a backend publishes as in %s leaves as the sample, to the byte',
  (name) => {
    const sample = golden(name)
    const { type, timestamp, version, externalUserId, data } = JSON.parse(sample)
    const body = JSON.stringify(v.parse(events[type]!.schema, data))
    const message = {
      id: '7',
      channel: 'dcs/partner:p',
      type,
      body,
      at: Number(timestamp),
      version: Number(version),
      meta: { externalUserId },
    }
    expect(codec.message(message, '')).toBe(compact(sample))
  },
)

test('D10: over the wire the samples are the same, but for version and time', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  for (const [index, name] of samples.entries()) {
    const { type, data, externalUserId } = JSON.parse(golden(name))
    await publish(server, 'acme', type, data, externalUserId)
    expect(await client.text()).toBe(
      compact(golden(name))
        .replace(/"timestamp":"\d+"/, `"timestamp":"${server.clock.now()}"`)
        .replace(/"version":"\d+"/, `"version":"${index + 1}"`),
    )
  }
  expect(await received(client)).toEqual([])
})

test('D10: an order of fields that a backend chose does not reach the partner', async () => {
  const { type, data } = JSON.parse(golden('balance-change'))
  const turned = Object.fromEntries(Object.entries(data).reverse())
  expect(JSON.stringify(turned)).not.toBe(JSON.stringify(data))
  expect(JSON.stringify(v.parse(events[type]!.schema, turned))).toBe(JSON.stringify(data))
})

test('D5: the answer with a channel is the sample, to the byte', async () => {
  const sample = golden('get-channel')
  const { data } = JSON.parse(sample)
  expect(await answered(data).text()).toBe(compact(sample))
})

test('a sample that is written otherwise is told apart, so that the comparisons above can fail', () => {
  expect(compact('{ "a b": "1" }')).toBe('{"a b":"1"}')
  expect(compact('{ "version": "1" }')).not.toBe(compact('{ "version": 1 }'))
})
