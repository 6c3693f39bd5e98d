import { Command } from 'commander'
import { auditCommand } from './crash-audit.ts'
import { chainCommand } from './crash-chain.ts'
import { roundsCommand } from './crash-rounds.ts'
import { simulateCommand } from './crash-simulate.ts'
import { verifyCommand } from './crash-verify.ts'

/** `fanfare crash chain | verify | audit | simulate | rounds`: the fairness and the books of crash. */
export function crashCommand(): Command {
  return new Command('crash')
    .description('Prove rounds, look after chains of hashes, check the books of crash')
    .addCommand(chainCommand())
    .addCommand(verifyCommand())
    .addCommand(auditCommand())
    .addCommand(simulateCommand())
    .addCommand(roundsCommand())
    .addHelpText('after', '\nExample:\n  fanfare crash verify 2026010200000001')
}
