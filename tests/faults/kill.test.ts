import { expect } from 'bun:test'
import { everything } from '../torture/load/everything.ts'
import { torture as kill } from '../torture/kill.ts'
import { torture as drain } from '../torture/drain.ts'
import { cutAgainAndAgain, torture as power } from '../torture/power.ts'
import { torture as repeat } from '../torture/repeat.ts'
import { torture as restart } from '../torture/restart.ts'
import { torture as resume } from '../torture/resume.ts'
import { faultTest, quickly } from './quickly.ts'

quickly(
  'kill -9 under all five systems at once: whatever was acknowledged is found, whatever was not happens once (promises 1, 2, 5)',
  kill,
)

quickly(
  'a power cut under all five systems at once loses nothing that was acknowledged, whatever of the unsynced writes is left (promise 1)',
  power,
)

faultTest(
  'a disk that says it has written and has not is found out, so that the test above can fail',
  ['gcc'],
  async (context) => {
    const load = await everything(context)
    try {
      const lied = cutAgainAndAgain(context, load, (cuts) => cuts < 5, { POWER_LIES: '1' })
      expect(await lied.catch((error: Error) => error)).toBeInstanceOf(Error)
    } finally {
      await load.stop()
    }
  },
)

quickly(
  'a command that is sent several times at once, over connections and restarts, happens once and has one answer (promise 5)',
  repeat,
)

quickly(
  'SIGTERM under load ends everybody with 1012 once their backlog has arrived, keeps what was accepted and leaves no bet open (promise 6)',
  drain,
)

quickly(
  'clients that are cut by FIN, RST, silence and kill -9 hear everything once and in order when they come back with their position (promise 3)',
  resume,
)

quickly(
  'a server that is ended while it starts ends at once, and the next one starts on its folder (promise 6)',
  restart,
)
