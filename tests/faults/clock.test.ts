import { torture } from '../torture/clock.ts'
import { quickly } from './quickly.ts'

quickly(
  'a wall clock that jumps moves no timer, multiplier or limit, ends tokens and channels in their time, and makes no id twice, also over midnight and a restart (promise 9)',
  torture,
)
