import type { Broker, Delivery } from '../core/broker.ts'

/** The broker of a single node: what is published is received at once, in the same turn. */
export function localBroker(): Broker {
  let receive: (delivery: Delivery) => void = () => {}
  return {
    async start(receiver) {
      receive = receiver
    },
    listen() {},
    unlisten() {},
    publish: (delivery) => receive(delivery),
    fault: () => null,
    async stop() {
      receive = () => {}
    },
  }
}
