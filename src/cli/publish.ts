import { Command } from 'commander'
import { Failure } from './failure.ts'
import { remote, withRemote, type RemoteOptions } from './remote.ts'

interface Options extends RemoteOptions {
  readonly idempotencyKey?: string
  readonly externalUserId?: string
}

/** `fanfare publish CHANNEL TYPE JSON|-`: tells a channel something, as a backend would. */
export function publishCommand(): Command {
  return withRemote(new Command('publish'))
    .description('Publish a message; prints id, version and recipients')
    .argument('<channel>', 'system/name, such as jive/family:f1')
    .argument('<type>', 'type of the message')
    .argument('<json>', 'data as JSON; - reads it from stdin')
    .option('--idempotency-key <key>', 'a repeat with the same key does nothing')
    .option('--external-user-id <id>', "the partner's user it is about (dcs)")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  fanfare publish jive/family:f1 Notification \'{"level":"info","title":"Hi","message":"Hello"}\'',
    )
    .action(publish)
}

async function publish(
  channel: string,
  type: string,
  json: string,
  options: Options,
): Promise<void> {
  const data = json === '-' ? await Bun.stdin.text() : json
  try {
    JSON.parse(data)
  } catch {
    throw new Failure(2, `Expected JSON, got ${JSON.stringify(data.slice(0, 80))}`)
  }
  const { idempotencyKey, externalUserId } = options
  const head = JSON.stringify({
    channel,
    type,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(externalUserId !== undefined && { externalUserId }),
  })
  const server = await remote(options)
  // The data goes as it was written: parsed and written again, 1000.00 would leave as 1000.
  const answer = await server.ask('/api/publish', `${head.slice(0, -1)},"data":${data}}`)
  console.log(options.json === true ? answer : line(answer))
}

function line(answer: string): string {
  const { id, version, recipients } = JSON.parse(answer) as Record<string, unknown>
  const place = version === undefined ? 'not recorded' : `id ${id}, version ${version}`
  return `Published: ${place}, ${recipients} recipient${recipients === 1 ? '' : 's'}`
}
