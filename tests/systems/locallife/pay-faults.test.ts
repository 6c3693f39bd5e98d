import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { Refusal } from '../../../src/core/errors.ts'
import type { Thread } from '../../../src/storage/sqlite/procedure.ts'
import { allSystems, type Plug } from '../../../src/systems.ts'
import { openShop, type Shop } from './shop.ts'

const path = '/v1/webhooks/wechat-pay/notify'

/** Systems whose store throws `error` when it is asked for a procedure. */
function failing(procedure: string, error: Error): Plug {
  return (host, thread, config) => {
    const broken: Thread = {
      ...thread,
      write: (name, args) =>
        name === procedure ? Promise.reject(error) : thread.write(name, args),
    }
    return allSystems(host, broken, config)
  }
}

function events({ server }: Shop): string[] {
  return server.logged.map((line) => JSON.parse(line).event)
}

test('a fault of ours is 500, so that WeChat Pay sends the payment again, and only the log says what it is', async () => {
  const plug = failing('locallife.orders.pay', new TypeError('hidden'))
  await using shop = await openShop(undefined, plug)
  const { status, body } = await shop.notify(await shop.order())
  expect([status, body]).toEqual([500, { code: 'FAIL', message: 'Internal error' }])
  const logged = shop.server.logged.map((line) => JSON.parse(line))
  expect(logged.filter(({ level }) => level === 'error')).toEqual([
    expect.objectContaining({ event: 'payment notification failed', error: 'TypeError: hidden' }),
  ])
})

test('an alert that cannot be kept is in the log, and whoever sent the rubbish is answered all the same', async () => {
  const error = new Refusal('STORE_UNAVAILABLE', 'The disk is full')
  await using shop = await openShop(undefined, failing('locallife.orders.alert', error))
  expect((await shop.send({ headers: {}, body: '' })).status).toBe(401)
  await shop.server.settled(() => events(shop).includes('payment alert failed'))
  expect(await shop.told('platform')).toEqual([])
})

test('a body that breaks off is no fault of ours, and pays nothing', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const { headers, body } = shop.wechat.notification(order)
  const fields = { host: 'test', ...headers, 'content-length': body.length }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const { hostname, port } = new URL(shop.server.url)
  const socket = connect(Number(port), hostname)
  const start = `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body.slice(0, 100)}`
  await new Promise((written) => socket.write(start, written))
  socket.destroy()
  const metrics = new URL('/metrics', shop.server.fanfare.internal!.url)
  let outcome: string | undefined
  while (outcome === undefined) {
    const text = await (await fetch(metrics)).text()
    outcome = /wechat_notifications_total\{outcome="(\w+)"\} 1/.exec(text)?.[1]
  }
  expect(outcome).toBe('refused')
  expect(events(shop)).not.toContain('payment notification failed')
  expect((await shop.as('op1', 'GET', `/v1/orders/${order.id}`)).body.status).toBe(
    'pending_payment',
  )
})
