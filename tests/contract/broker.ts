import { expect, test } from 'bun:test'
import type { Broker, Delivery } from '../../src/core/broker.ts'

/** What every broker must do; `open` makes nodes that share one bus. */
export function brokerContract(
  name: string,
  open: (nodes: number) => Promise<{ brokers: readonly Broker[]; settled: () => Promise<void> }>,
): void {
  const message = (n: number, channel = 'echo/room:a'): Delivery => ({
    message: { id: String(n), channel, version: n, type: 'Said', body: String(n), at: 0 },
  })

  async function listening(nodes: number) {
    const { brokers, settled } = await open(nodes)
    const received = brokers.map(() => [] as Delivery[])
    for (const [index, broker] of brokers.entries()) {
      await broker.start((delivery) => received[index]?.push(delivery))
      broker.listen('echo/room:a')
    }
    return { brokers, received, settled }
  }

  test(`${name}: every node hears every delivery once and in order, the sender too`, async () => {
    const { brokers, received, settled } = await listening(2)
    const sent = Array.from({ length: 100 }, (_, n) => message(n + 1))
    for (const delivery of sent) brokers[0]?.publish(delivery)
    await settled()
    for (const heard of received) expect(heard).toEqual(sent)
    for (const broker of brokers) await broker.stop()
  })

  test(`${name}: ends of channels and users travel like messages, in the same order`, async () => {
    const { brokers, received, settled } = await listening(1)
    const sent: Delivery[] = [
      message(1),
      { close: 'gone', channel: 'echo/room:a', except: 'x1' },
      { close: 'forbidden', system: 'echo', user: 'u1' },
      message(2),
    ]
    for (const delivery of sent) brokers[0]?.publish(delivery)
    await settled()
    expect(received[0]).toEqual(sent)
    for (const broker of brokers) await broker.stop()
  })

  test(`${name}: after stop nothing is heard any more, and publishing does no harm`, async () => {
    const { brokers, received, settled } = await listening(1)
    await brokers[0]?.stop()
    brokers[0]?.publish(message(1))
    await settled()
    expect(received[0]).toEqual([])
  })

  test(`${name}: a working broker reports no fault`, async () => {
    const { brokers } = await listening(1)
    expect(brokers[0]?.fault()).toBeNull()
    await brokers[0]?.stop()
  })
}
