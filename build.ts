/**
 * Makes the one executable: `bun build.ts [--target bun-linux-arm64] [--outfile dist/fanfare]`.
 * The storage thread is an entry point of its own, since a Worker cannot be found by bundling; what is sent to browsers lies packed beside it.
 */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { assets, make, packedName, type Asset } from './src/assets.ts'
import manifest from './package.json' with { type: 'json' }

const { values } = parseArgs({
  options: { target: { type: 'string' }, outfile: { type: 'string', default: 'dist/fanfare' } },
})

const result = await Bun.build({
  entrypoints: ['src/main.ts', 'src/storage/sqlite/thread.ts', ...(await packAssets())],
  root: '.',
  loader: { '.gz': 'file' },
  naming: { asset: '[name].[ext]' },
  format: 'esm',
  bytecode: true,
  // What the main thread and the storage threads share lies in the executable once.
  splitting: true,
  // Stacks in the log keep the names of functions; a source map would cost 1 MB on disk and in memory.
  minify: { whitespace: true, syntax: true, identifiers: false },
  define: {
    FANFARE_VERSION: JSON.stringify(manifest.version),
    FANFARE_COMMIT: JSON.stringify(await commit()),
    // Otherwise it is inlined as "development", and an uncaught fault answers with source text.
    'process.env.NODE_ENV': '"production"',
  },
  compile: {
    outfile: values.outfile,
    autoloadDotenv: false,
    autoloadBunfig: false,
    ...(values.target !== undefined && { target: values.target as Bun.Build.CompileTarget }),
  },
})
for (const log of result.logs) console.error(log)
if (!result.success) process.exit(1)
const { size } = Bun.file(values.outfile)
console.log(`${values.outfile}  ${(size / 1e6).toFixed(1)} MB`)

/** Makes what is sent to browsers and packs it; gives the files. */
async function packAssets(): Promise<readonly string[]> {
  const folder = join(dirname(values.outfile), 'assets')
  mkdirSync(folder, { recursive: true })
  const names = Object.keys(assets) as Asset[]
  return Promise.all(
    names.map(async (asset) => {
      const path = join(folder, packedName(asset))
      await Bun.write(path, Bun.gzipSync(await make(asset), { level: 9 }))
      return path
    }),
  )
}

/** The commit that is built, `unknown` outside a checkout. */
async function commit(): Promise<string> {
  const { stdout, exitCode } = await Bun.$`git rev-parse --short=12 HEAD`.nothrow().quiet()
  return exitCode === 0 ? stdout.toString().trim() : 'unknown'
}
