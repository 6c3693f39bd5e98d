import { Command } from 'commander'
import { auditLedger } from '../storage/sqlite/crash-audit.ts'
import { withConfig, type ConfigOption } from './configured.ts'
import { counted, extentOf } from './counted.ts'
import { ledgerToRead } from './crash-options.ts'
import { Failure } from './failure.ts'

/** `fanfare crash audit`: whether every sum, bet and crash point in the books is right. */
export function auditCommand(): Command {
  return withConfig(new Command('audit'))
    .description('Check every sum, every bet and every crash point; exit 4 when one is wrong')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  fanfare crash audit --json')
    .action(audit)
}

async function audit(options: ConfigOption & { json?: boolean }): Promise<void> {
  using db = await ledgerToRead(options)
  const found = auditLedger(db)
  const { faults } = found
  if (options.json === true) console.log(JSON.stringify({ ok: faults.length === 0, ...found }))
  else for (const { row, fault } of faults) console.log(`${row}: ${fault}`)
  const extent = extentOf(found)
  if (faults.length > 0) throw new Failure(4, `${counted(faults.length, 'fault')} in ${extent}`)
  if (options.json !== true) console.log(`The books are right: ${extent}`)
}
