import { Command } from 'commander'
import { commit, version } from '../version.ts'

/** `fanfare version`: what this program is and what it runs on. */
export function versionCommand(): Command {
  return new Command('version')
    .description('Print version, commit and runtime')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare version --json')
    .action(({ json }: { json?: boolean }) => {
      const platform = `${process.platform}-${process.arch}`
      const facts = { version, commit, bun: Bun.version, platform }
      const line = `fanfare ${version} (${commit}) on bun ${Bun.version}, ${platform}`
      console.log(json === true ? JSON.stringify(facts) : line)
    })
}
