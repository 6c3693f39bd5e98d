import { describe } from 'bun:test'
import { halfOpen, here, torture } from '../torture/half-open.ts'
import { faultTest, quickly } from './quickly.ts'

// Beside each other: what is waited for is the clock.
describe.concurrent('a peer that is gone without a word', () => {
  faultTest(
    'a client that stops is gone within its timeout on each of the five systems, though its channels are busy and its kernel takes all that is sent (promise 8)',
    [],
    (context) => halfOpen(context, here),
  )

  quickly(
    'a client whose network is gone leaves neither a connection nor a socket behind, and nobody else notices (promise 8)',
    torture,
  )
})
