import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { scopes, type Scope } from '../core/store.ts'
import { hashKey } from '../core/keys.ts'
import { createKey, listKeys, revokeKey, type ListedKey } from '../storage/sqlite/keys.ts'
import { databasePath, openBeside } from '../storage/sqlite/open.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { Failure } from './failure.ts'

/** Who else stands in the audit log, and whose idempotency keys must stay apart. */
const taken = new Set(['server_key', 'cli'])

const named = new Argument('<name>', 'letters, digits, "_", "-" and ".", at most 64').argParser(
  (name: string) => {
    if (taken.has(name)) throw new Failure(2, `"${name}" is a name of the server itself`)
    if (/^[A-Za-z0-9_.-]{1,64}$/.test(name)) return name
    throw new Failure(2, `Expected a name of letters, digits, "_", "-" and ".", got "${name}"`)
  },
)

/** `fanfare key create | list | revoke`: server keys of the data folder, beside a running server or alone. */
export function keyCommand(): Command {
  const key = new Command('key')
    .description('Make, list and revoke server keys')
    .addHelpText('after', '\nExample:\n  fanfare key create billing --scope publish')
  withConfig(key.command('create'))
    .description('Make a server key; only the key itself goes to stdout, and it is shown only now')
    .addArgument(named)
    .option(
      '--scope <scope>',
      'publish, wallet, admin or read; repeats; publish alone when left out',
      collect,
    )
    .addHelpText('after', '\nExample:\n  fanfare key create billing --scope publish')
    .action(create)
  withConfig(key.command('list'))
    .description('List the server keys')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare key list --json')
    .action(list)
  withConfig(key.command('revoke'))
    .description('End a server key; a running server notices within a second')
    .addArgument(named)
    .addHelpText('after', '\nExample:\n  fanfare key revoke billing')
    .action(revoke)
  return key
}

function collect(given: string, before: readonly Scope[] = []): readonly Scope[] {
  const scope = scopes.find((one) => one === given)
  if (scope !== undefined) return [...new Set([...before, scope])]
  throw new Failure(2, `Expected one of ${scopes.join(', ')} as scope, got "${given}"`)
}

async function create(name: string, options: ConfigOption & { scope?: Scope[] }): Promise<void> {
  using db = await database(options)
  const secret = `fk_${randomBytes(32).toString('base64url')}`
  const createdAt = systemClock().now()
  const granted = options.scope ?? ['publish']
  createKey(db, { name, hash: hashKey(secret), scopes: granted, createdAt })
  console.log(secret)
}

async function list(options: ConfigOption & { json?: boolean }): Promise<void> {
  using db = await existing(options)
  const keys = (db === null ? [] : listKeys(db)).map(({ hash: _, ...shown }) => shown)
  if (options.json === true) console.log(JSON.stringify({ keys }))
  else for (const key of keys) console.log(line(key))
}

function line({ name, scopes, createdAt, revokedAt }: Omit<ListedKey, 'hash'>): string {
  const state = revokedAt === null ? '' : `  revoked ${new Date(revokedAt).toISOString()}`
  return `${name.padEnd(24)} ${scopes.join(',').padEnd(22)} ${new Date(createdAt).toISOString()}${state}`
}

async function revoke(name: string, options: ConfigOption): Promise<void> {
  using db = await existing(options)
  if (db === null || !revokeKey(db, name, systemClock().now()))
    throw new Failure(1, `No key named "${name}" holds`)
}

/** The database when there is one: looking must not make a data folder. */
async function existing(options: ConfigOption) {
  const { config } = await load(options)
  const { dir } = config.data
  return existsSync(databasePath(dir)) ? openBeside(dir) : null
}

async function database(options: ConfigOption) {
  const { config } = await load(options)
  return openBeside(config.data.dir)
}
