import { expect, test } from 'bun:test'
import { fitFiles } from '../../src/cli/files.ts'
import { loadConfig } from '../../src/config.ts'

test('no more connections are let in than there may be files, and whoever reads the log learns why', async () => {
  const { config } = await loadConfig({ env: { FANFARE_LIMITS_MAX_CONNECTIONS: '900' } })
  const fits = fitFiles(config, 1_000)
  expect(fits).toEqual({ config, warnings: [] })
  const { config: fitted, warnings } = fitFiles(config, 999)
  expect(fitted).toEqual({ ...config, limits: { ...config.limits, max_connections: 899 } })
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('limits.max_connections is 900, but only 999 files may be open')
  expect(fitFiles(config, 50).config.limits.max_connections).toBe(1)
  // Where no system tells its limit, the configuration counts.
  expect(fitFiles(config, null).config).toBe(config)
  expect(fitFiles(config, Infinity).config).toBe(config)
})
