import { torture } from '../torture/upstream.ts'
import { quickly } from './quickly.ts'

quickly(
  'upstreams that hang or never end cost those who need them an answer within seconds and nobody else anything, and are used again once they are good (promise 7)',
  torture,
)
