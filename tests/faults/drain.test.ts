import { torture } from '../torture/drain.ts'
import { quickly } from './quickly.ts'

quickly(
  'SIGTERM under load ends everybody with 1012 once their backlog has arrived, keeps what was accepted and leaves no bet open (promise 6)',
  torture,
)
