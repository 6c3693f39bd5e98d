import type { Database } from 'bun:sqlite'
import { Command } from 'commander'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { writeAudit } from '../storage/sqlite/append.ts'
import {
  commitChain,
  leaveChains,
  listChains,
  newDraft,
  saltChain,
} from '../storage/sqlite/crash-chains.ts'
import { openLedgerBeside } from '../storage/sqlite/crash-open.ts'
import { longest, makeOn } from '../systems/crash/chain.ts'
import { termsFault, type Chain } from '../systems/crash/chains.ts'
import { chainsText } from '../systems/crash/fair-answers.ts'
import { saltSource, type SaltSource } from '../systems/crash/salt-source.ts'
import { load, withConfig, type ConfigOption } from './configured.ts'
import { configuredTerms, countOf, ledgerToRead, times } from './crash-options.ts'
import { Failure } from './failure.ts'

/** `fanfare crash chain new | salt | leave | head`: chains of game hashes, beside a running server or alone. */
export function chainCommand(): Command {
  const chain = new Command('chain')
    .description('Commit chains of game hashes and give them their salts')
    .addHelpText('after', '\nExample:\n  fanfare crash chain head')
  withConfig(chain.command('new'))
    .description('Commit a new chain with the configured terms; prints the commitment to publish')
    .option(
      '--length <rounds>',
      'how many rounds it has (else crash.chain_length)',
      countOf(longest),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare crash chain new --length 1000000')
    .action(create)
  withConfig(chain.command('salt'))
    .description('Give the newest chain that has none its salt, once; a running server plays it')
    .argument('<value>', 'a public value that nobody knew at the commitment, such as a block hash')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  fanfare crash chain salt 0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c',
    )
    .action(salt)
  withConfig(chain.command('leave'))
    .description('Play no further round of any chain there is: for when they may be known')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare crash chain leave')
    .action(leave)
  withConfig(chain.command('head'))
    .description('Show the chains, newest first')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare crash chain head --json')
    .action(head)
  return chain
}

interface Options extends ConfigOption {
  readonly length?: number
  readonly json?: boolean
}

async function create(options: Options): Promise<void> {
  const { config } = await load(options)
  const clock = systemClock()
  const source = sourceOf(config)
  const terms = { ...configuredTerms(config), saltSource: await promised(source) }
  const fault = termsFault(terms)
  if (fault !== null) throw new Failure(2, fault)
  const { secret, making } = newDraft(options.length ?? config.crash.chain_length)
  const draft = { secret, making: makeOn(making, making.length) }
  using db = openLedgerBeside(config.data.dir)
  const chain = noted(db, 'chain.commit', () => commitChain(db, draft, terms, clock.now()))
  if (options.json === true) return console.log(chainsText([chain]))
  console.log(chain.h0)
  console.error(source.waiting(chain))
}

async function promised(source: SaltSource): Promise<string> {
  try {
    return await source.promise()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure(3, `The source of the salt does not answer (${reason})`)
  }
}

function sourceOf({ crash }: Config): SaltSource {
  return saltSource(crash.salt_source, { url: crash.drand_url, clock: systemClock() })
}

async function salt(value: string, options: Options): Promise<void> {
  using db = await ledgerToWrite(options)
  const salted = noted(db, 'chain.salt', () => {
    const chains = listChains(db)
    const same = chains.find((chain) => chain.salt === value)
    // The command given twice would salt an older chain that was meant to be left behind.
    if (same !== undefined) throw new Failure(1, `Chain ${same.id} has this salt already`)
    const waiting = chains.find(({ salt, leftAt }) => salt === null && leftAt === null)
    if (waiting === undefined) {
      throw new Failure(1, 'No chain waits for its salt: commit one with "fanfare crash chain new"')
    }
    if (waiting.saltSource !== 'manual') {
      throw new Failure(1, `Chain ${waiting.id} was promised a salt from "${waiting.saltSource}"`)
    }
    return saltChain(db, { chain: waiting.id, value, at: systemClock().now() })
  })
  tell([salted], options)
}

async function head(options: Options): Promise<void> {
  using db = await ledgerToRead(options)
  tell(listChains(db), options)
}

async function leave(options: Options): Promise<void> {
  using db = await ledgerToWrite(options)
  if (leaveChains(db, systemClock().now()) === 0) throw new Failure(1, 'No chain is to be left')
  tell(listChains(db), options)
}

async function ledgerToWrite(options: Options): Promise<Database> {
  // Looking first: a mistyped folder must not become one with a ledger.
  ;(await ledgerToRead(options)).close()
  return openLedgerBeside((await load(options)).config.data.dir)
}

function tell(chains: readonly Chain[], { json }: Options): void {
  if (json === true) return console.log(chainsText(chains))
  for (const chain of chains) console.log(line(chain))
}

function line(chain: Chain): string {
  const { id, h0, position, length, rtpBps, curve, cap, salt, saltSource, leftAt } = chain
  const given =
    salt === null ? `waits for its salt (${saltSource})` : `salt ${salt} (${saltSource})`
  const state = leftAt === null ? given : `left ${new Date(leftAt).toISOString()}`
  return `${id}  ${h0}  ${position}/${length}  RTP ${rtpBps / 100} %  ${curve}  up to ${times(cap)}  ${state}`
}

/** One transaction beside those of a running server, with its row in the audit log. */
function noted(db: Database, action: string, work: () => Chain): Chain {
  const both = db.transaction(() => {
    const chain = work()
    const at = systemClock().now()
    writeAudit({ db }, { at, actor: 'cli', action, subject: String(chain.id), details: chain.h0 })
    return chain
  })
  return both.immediate()
}
