import { torture } from '../torture/io-errors.ts'
import { quickly } from './quickly.ts'

quickly(
  'system calls that fail or take seconds cost refusals and no more: what is unknown is settled by asking again, told is only what is kept, and no socket waits for the disk (promise 10)',
  torture,
)
