import type { Stop } from '../core/clock.ts'
import { logLevels, type Log, type LogLevel } from '../core/log.ts'
import type { Entry } from '../core/tail.ts'
import type { LogLine } from '../pages/console/reports.ts'
import type { Send } from './streams.ts'

/** Tells the lines of a level and above: those that are kept, then what is logged from now on. */
export function followLog({ tail }: Log, level: LogLevel, send: Send): Stop {
  const least = logLevels.indexOf(level)
  function tell(entry: Entry): void {
    if (logLevels.indexOf(entry.level) >= least) send('line', lineOf(entry))
  }
  for (const entry of tail.last()) tell(entry)
  return tail.follow(tell)
}

const longestText = 2_000
const longestStack = 8_000

function lineOf({ at, level, event, fields = {}, fault }: Entry): LogLine {
  const told = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[name, typeof value === 'string' ? value.slice(0, longestText) : value] as const],
  )
  return {
    ...{ at, level, event, fields: Object.fromEntries(told) },
    ...(fault && { error: fault.message.slice(0, longestText) }),
    ...(fault?.stack !== undefined && { stack: fault.stack.slice(0, longestStack) }),
  }
}
