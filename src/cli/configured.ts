import type { Command } from 'commander'
import { loadConfig, type Loaded } from '../config.ts'

/** The option of every verb that reads the configuration. */
export interface ConfigOption {
  readonly config?: string
}

/** Adds `-c, --config <file>` to a command. */
export function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', 'configuration file (TOML)')
}

/** Loads the configuration for a verb that is no server: nothing is made up, warnings go to stderr. */
export async function load({ config: file }: ConfigOption): Promise<Loaded> {
  const loaded = await loadConfig({ file, env: Bun.env, dev: false })
  warn(loaded)
  return loaded
}

/** Tells the warnings of a configuration to the person who runs the command. */
export function warn({ warnings }: Loaded): void {
  for (const warning of warnings) console.error(`Warning: ${warning}`)
}
