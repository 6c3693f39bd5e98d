import { Command } from 'commander'
import { version } from '../version.ts'

/** Loads one verb. */
export type Verb = () => Promise<Command>

/** The whole command line. Only the verb that `words` begin with is loaded; all of them for help and for typos. */
export async function createProgram(
  verbs: Readonly<Record<string, Verb>>,
  words: readonly string[],
): Promise<Command> {
  const program = new Command('fanfare')
    .description('One realtime server for several WebSocket systems')
    .version(version, '-v, --version')
    .addHelpText('after', '\nExample:\n  fanfare serve --dev')
  const [first = ''] = words
  const asked = Object.hasOwn(verbs, first) ? verbs[first] : undefined
  for (const verb of asked === undefined ? Object.values(verbs) : [asked]) {
    program.addCommand(await verb())
  }
  strict(program)
  return program
}

/** Every command, however deep, ends by throwing, so that one place decides the exit code. */
function strict(command: Command): void {
  command.exitOverride().showHelpAfterError(`(fanfare ${pathOf(command)}--help tells more)`)
  for (const child of command.commands) strict(child)
}

function pathOf(command: Command): string {
  const parent = command.parent
  return parent === null ? '' : `${pathOf(parent)}${command.name()} `
}
