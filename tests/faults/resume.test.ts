import { torture } from '../torture/resume.ts'
import { quickly } from './quickly.ts'

quickly(
  'clients that are cut by FIN, RST, silence and kill -9 hear everything once and in order when they come back with their position (promise 3)',
  torture,
)
