import { CommanderError } from 'commander'
import { ConfigError } from '../config.ts'

/** What a command ends with: 0 done · 1 failed · 2 wrong usage or configuration · 3 server not reachable · 4 the books do not balance. */
export type ExitCode = 0 | 1 | 2 | 3 | 4

/** A command cannot do what was asked: one line for people, and the code to end with. */
export class Failure extends Error {
  override readonly name = 'Failure'
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message)
  }
}

/** What to tell about whatever a command threw, a line a fault, and the code to end with; nothing where it was told already. */
export function explain(error: unknown, debug: boolean): { exitCode: ExitCode; lines: string } {
  // Commander has printed the fault, the help or the version itself.
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, lines: '' }
  const exitCode = exitCodeOf(error)
  if (!(error instanceof Error)) return { exitCode, lines: String(error) }
  if (debug) return { exitCode, lines: error.stack ?? error.message }
  const text = error instanceof ConfigError ? error.faults.join('\n') : oneLine(error.message)
  return { exitCode, lines: text }
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Failure) return error.exitCode
  return error instanceof ConfigError ? 2 : 1
}

function oneLine(message: string): string {
  return message.replaceAll(/\s*\n\s*/g, '; ')
}
