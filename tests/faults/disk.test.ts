import { torture } from '../torture/disk.ts'
import { quickly } from './quickly.ts'

quickly(
  'a full disk costs refusals and no more: what was acknowledged is there, live telling goes on, and writing comes back without a restart (promise 10)',
  torture,
)
