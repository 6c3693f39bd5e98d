import { Command } from 'commander'
import { Failure } from './failure.ts'
import { remote, withRemote, type RemoteOptions } from './remote.ts'

interface Options extends RemoteOptions {
  readonly user?: string
}

/** `fanfare end CONNECTION | --user SYSTEM/USER`: closes a connection, or all of a user, with 4403. */
export function endCommand(): Command {
  return withRemote(new Command('end'))
    .description('End a connection, or all of a user; their clients do not come back by themselves')
    .argument('[connection]', 'its id, as the console and the log tell it')
    .option('--user <system/user>', 'every connection of this user instead')
    .addHelpText('after', '\nExample:\n  fanfare end --user jive/ann')
    .action(end)
}

async function end(connection: string | undefined, options: Options): Promise<void> {
  const { user } = options
  if ((connection === undefined) === (user === undefined))
    throw new Failure(
      2,
      'Expected the id of a connection, or --user with a user such as "jive/ann"',
    )
  const path = user === undefined ? pathOf(connection!) : userPath(user)
  const server = await remote(options)
  await server.end(path)
  console.log(user === undefined ? `Ended ${connection}` : `Ended every connection of ${user}`)
}

function pathOf(connection: string): string {
  return `/api/connections/${encodeURIComponent(connection)}`
}

function userPath(user: string): string {
  const [, system, id] = /^([^/]+)\/(.+)$/.exec(user) ?? []
  if (system === undefined || id === undefined)
    throw new Failure(2, `Expected a user such as "jive/ann", got "${user}"`)
  return `/api/users/${encodeURIComponent(system)}/${encodeURIComponent(id)}/connections`
}
