import { Command } from 'commander'
import { Failure } from './failure.ts'
import { remote, withRemote, type RemoteOptions } from './remote.ts'

interface Options extends RemoteOptions {
  readonly after?: string
  readonly limit?: string
}

interface Entry {
  readonly version: number
  readonly type: string
  readonly at: number
}

/** `fanfare history CHANNEL`: what a channel recorded, oldest first. */
export function historyCommand(): Command {
  return withRemote(new Command('history'))
    .description('Print what a channel recorded, oldest first')
    .argument('<channel>', 'system/name, such as jive/family:f1')
    .option('--after <version>', 'only what came after this version')
    .option('--limit <n>', 'at most so many messages')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare history jive/family:f1 --after 10')
    .action(history)
}

async function history(channel: string, options: Options): Promise<void> {
  const [, system, name] = /^([^/]+)\/(.+)$/.exec(channel) ?? []
  if (system === undefined || name === undefined) {
    throw new Failure(2, `Expected a channel such as "jive/family:f1", got "${channel}"`)
  }
  const asked = Object.entries({ after: options.after, limit: options.limit })
  const query = new URLSearchParams(
    asked.filter((pair): pair is [string, string] => pair[1] !== undefined),
  )
  const path = `/api/channels/${encodeURIComponent(system)}/${encodeURIComponent(name)}/history`
  const server = await remote(options)
  const answer = await server.ask(query.size > 0 ? `${path}?${query}` : path)
  if (options.json === true) return console.log(answer)
  const { messages, more } = JSON.parse(answer) as { messages: Entry[]; more: boolean }
  const written = JSON.parse(answer, asWritten) as { messages: readonly { data: unknown }[] }
  for (const [index, { version, type, at }] of messages.entries()) {
    const data = JSON.stringify(written.messages[index]?.data)
    console.log(`${version}  ${new Date(at).toISOString()}  ${type}  ${data}`)
  }
  const last = messages.at(-1)?.version
  if (more) console.error(`There is more: --after ${last}`)
}

/** Keeps numbers as they were recorded: a balance is 1000.00 and not 1000 (J25). */
function asWritten(_: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  return typeof value === 'number' && source !== undefined ? rawJSON(source) : value
}

/** A number that JSON.stringify writes with this very text; TypeScript does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }
