import { torture } from '../torture/slow.ts'
import { quickly } from './quickly.ts'

quickly(
  'readers that stop are cut with 1013 and counted, or told the newest alone; the others miss nothing, and memory stays within the limit (promise 4)',
  torture,
)
