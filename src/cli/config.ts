import { Command } from 'commander'
import { ConfigError, loadConfig, requireProduction, type Loaded } from '../config.ts'
import { keys } from '../config/keys.ts'
import { defaultFile, jsonSchema, nested, toml } from '../config/render.ts'
import { warn, withConfig, type ConfigOption } from './configured.ts'

interface Options extends ConfigOption {
  readonly dev?: boolean
  readonly json?: boolean
  readonly origin?: boolean
}

/** `fanfare config check | show | default | schema`: what the server would run with. */
export function configCommand(): Command {
  const config = new Command('config')
    .description('Check and show the configuration')
    .addHelpText('after', '\nExample:\n  fanfare config default > fanfare.toml')
  withConfig(config.command('check'))
    .description('Tell every fault of the configuration; exit 2 when there is one')
    .option('--dev', 'as `serve --dev` would run')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare config check -c fanfare.toml')
    .action(check)
  withConfig(config.command('show'))
    .description('Print every value that is in effect, secrets hidden')
    .option('--origin', 'say where each value comes from')
    .option('--dev', 'as `serve --dev` would run')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare config show --origin')
    .action(show)
  config
    .command('default')
    .description('Print a configuration file with every default')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare config default > fanfare.toml')
    .action(({ json }: Options) => {
      const defaults = nested(keys.map(({ path, fallback }) => [path, fallback]))
      console.log(json === true ? JSON.stringify(defaults) : defaultFile())
    })
  config
    .command('schema')
    .description('Print the JSON Schema of the configuration file')
    .addHelpText('after', '\nExample:\n  fanfare config schema > fanfare.schema.json')
    .action(() => console.log(JSON.stringify(jsonSchema(), null, 2)))
  return config
}

async function check({ config: file, dev, json }: Options): Promise<void> {
  try {
    const loaded = await loadConfig({ file, dev, env: Bun.env })
    requireProduction(loaded.config)
    const { warnings } = loaded
    if (json === true) console.log(JSON.stringify({ ok: true, faults: [], warnings }))
    else {
      warn(loaded)
      console.log(`The configuration is good${loaded.config.dev ? ' (development)' : ''}`)
    }
  } catch (error) {
    if (json !== true || !(error instanceof ConfigError)) throw error
    console.log(JSON.stringify({ ok: false, faults: error.faults, warnings: [] }))
    process.exitCode = 2
  }
}

async function show({ config: file, dev, json, origin }: Options): Promise<void> {
  const loaded = await loadConfig({ file, dev, env: Bun.env })
  if (json === true) {
    const { origins } = loaded
    const values = [...origins].map(([path, { source, raw }]) => {
      return [path, origin === true ? { value: raw ?? null, origin: source } : raw] as const
    })
    console.log(JSON.stringify(origin === true ? Object.fromEntries(values) : nested(values)))
    return
  }
  warn(loaded)
  console.log(table(loaded, origin === true))
}

function table({ origins }: Loaded, withOrigin: boolean): string {
  const lines = [...origins].map(([path, { source, raw }]) => {
    const text = raw === undefined ? `# ${path} is not set` : `${path} = ${toml(raw)}`
    return { text, source }
  })
  if (!withOrigin) return lines.map(({ text }) => text).join('\n')
  const width = Math.min(Math.max(...lines.map(({ text }) => text.length)), 60)
  return lines.map(({ text, source }) => `${text.padEnd(width)}  # ${source}`).join('\n')
}
