import type { Command } from 'commander'
import { explain } from './cli/failure.ts'
import { createProgram, type Verb } from './cli/program.ts'

/** Every verb of the command line; only the one that is asked for is loaded, so that it starts at once. */
const verbs: Readonly<Record<string, Verb>> = {
  serve: async () => (await import('./cli/serve.ts')).serveCommand(),
  config: async () => (await import('./cli/config.ts')).configCommand(),
  token: async () => (await import('./cli/token.ts')).tokenCommand(),
  key: async () => (await import('./cli/key.ts')).keyCommand(),
  publish: async () => (await import('./cli/publish.ts')).publishCommand(),
  history: async () => (await import('./cli/history.ts')).historyCommand(),
  end: async () => (await import('./cli/end.ts')).endCommand(),
  connect: async () => (await import('./cli/connect.ts')).connectCommand(),
  crash: async () => (await import('./cli/crash.ts')).crashCommand(),
  simulate: async () => (await import('./cli/simulate.ts')).simulateCommand(),
  bench: async () => (await import('./cli/bench.ts')).benchCommand(),
  backup: async () => (await import('./cli/backup.ts')).backupCommand(),
  restore: async () => (await import('./cli/restore.ts')).restoreCommand(),
  doctor: async () => (await import('./cli/doctor.ts')).doctorCommand(),
  version: async () => (await import('./cli/version.ts')).versionCommand(),
}

// Databases hold secrets, and the folder they are put into may be one that others can read.
process.umask(0o077)
const words = process.argv.slice(2)
try {
  const program: Command = await createProgram(verbs, words)
  await program.parseAsync(words, { from: 'user' })
} catch (error) {
  const { exitCode, lines } = explain(error, Bun.env['FANFARE_LOG_LEVEL'] === 'debug')
  if (lines !== '') console.error(lines)
  process.exit(exitCode)
}
