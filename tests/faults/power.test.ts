import { expect } from 'bun:test'
import { everything } from '../torture/load/everything.ts'
import { cutAgainAndAgain, torture } from '../torture/power.ts'
import { faultTest, quickly } from './quickly.ts'

quickly(
  'a power cut under all five systems at once loses nothing that was acknowledged, whatever of the unsynced writes is left (promise 1)',
  torture,
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
