import type { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import type { Config } from '../config.ts'
import { Refusal } from '../core/errors.ts'
import { formatAmount, parseAmount } from '../core/money.ts'
import { ledgerPath, openLedgerReader } from '../storage/sqlite/crash-open.ts'
import type { Terms } from '../systems/crash/chains.ts'
import { load, type ConfigOption } from './configured.ts'
import { Failure } from './failure.ts'

/** What new chains are promised with by the configuration, but for their salt. */
export function configuredTerms({ crash }: Config): Omit<Terms, 'saltSource'> {
  return {
    rtpBps: parseAmount(crash.rtp, { decimals: 4 }),
    curve: crash.curve,
    cap: parseAmount(crash.max_multiplier, { decimals: 2 }),
  }
}

/** Opens the ledger of the configured data folder for looking, beside a running server or alone; a Failure when there is none. */
export async function ledgerToRead(options: ConfigOption): Promise<Database> {
  const { dir } = (await load(options)).config.data
  if (existsSync(ledgerPath(dir))) return openLedgerReader(dir)
  throw new Failure(1, `There is no ledger of crash in the data folder "${dir}"`)
}

/** Reads `0.97` into basis points; a Failure for anything but 0.0001 to 1. */
export function rtpOf(text: string): number {
  return numberOf(text, /^(0\.\d{1,4}|1(\.0{1,4})?)$/, 4, 'a ratio such as "0.97"')
}

/** Reads a multiplier such as `2.00` into hundredths; a Failure below 1.01. */
export function multiplierOf(text: string): number {
  const expected = 'a multiplier such as "2.00", 1.01 at least'
  const hundredths = numberOf(text, /^[1-9]\d{0,7}(\.\d{1,2})?$/, 2, expected)
  if (hundredths > 100) return hundredths
  throw new Failure(2, `Expected ${expected}, got "${text}"`)
}

function numberOf(text: string, form: RegExp, decimals: number, expected: string): number {
  const fault = new Failure(2, `Expected ${expected}, got "${text}"`)
  if (!form.test(text)) throw fault
  try {
    return parseAmount(text, { decimals })
  } catch (error) {
    throw error instanceof Refusal ? fault : error
  }
}

/** Reads a whole number from 1 to `most`; a Failure for anything else. */
export function countOf(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,15}$/.test(text) ? Number(text) : 0
    if (count >= 1 && count <= most) return count
    throw new Failure(2, `Expected a whole number from 1 to ${most}, got "${text}"`)
  }
}

/** A multiplier in hundredths for people: `2.35x`. */
export function times(hundredths: number): string {
  return `${formatAmount(hundredths, 2)}x`
}
