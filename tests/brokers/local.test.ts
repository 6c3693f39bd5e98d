import { localBroker } from '../../src/brokers/local.ts'
import { brokerContract } from '../contract/broker.ts'

// Within one process there is one node: its broker is the whole bus.
brokerContract('local', async () => {
  const broker = localBroker()
  return {
    brokers: [broker],
    settled: () => Promise.resolve(),
  }
})
