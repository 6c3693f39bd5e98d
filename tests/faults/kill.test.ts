import { torture as kill } from '../torture/kill.ts'
import { torture as repeat } from '../torture/repeat.ts'
import { torture as restart } from '../torture/restart.ts'
import { quickly } from './quickly.ts'

quickly(
  'kill -9 under all five systems at once: whatever was acknowledged is found, whatever was not happens once (promises 1, 2, 5)',
  kill,
)

quickly(
  'a command that is sent several times at once, over connections and restarts, happens once and has one answer (promise 5)',
  repeat,
)

quickly(
  'a server that is ended while it starts ends at once, and the next one starts on its folder (promise 6)',
  restart,
)
