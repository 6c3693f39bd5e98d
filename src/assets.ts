import { join } from 'node:path'

/** What is sent to browsers as it is, and the source each is made from. */
export const assets = {
  'client.js': 'client.ts',
  'console.html': 'pages/console/index.html',
  'crash.html': 'pages/crash/index.html',
  'play.html': 'pages/play/index.html',
  'verify.html': 'pages/verify/index.html',
} as const satisfies Record<string, string>

/** One of them. */
export type Asset = keyof typeof assets

/** Where the executable keeps an asset, packed with gzip. */
export function packedName(asset: Asset): string {
  return `${asset}.gz`
}

/** An asset packed with gzip: the one in the executable, or, from the sources, one that is made now. */
export async function packed(asset: Asset): Promise<Uint8Array<ArrayBuffer>> {
  const name = packedName(asset)
  const inside = Bun.embeddedFiles.find((file) => (file as File).name === name)
  if (inside !== undefined) return new Uint8Array(await inside.arrayBuffer())
  return Bun.gzipSync(await make(asset), { level: 9 })
}

/** Makes an asset from its source: one file for browsers that asks for nothing else. */
export async function make(asset: Asset): Promise<Uint8Array<ArrayBuffer>> {
  const { success, outputs, logs } = await Bun.build({
    entrypoints: [join(import.meta.dir, assets[asset])],
    target: 'browser',
    minify: true,
    // A page holds its script and its style.
    ...(asset.endsWith('.html') && { compile: true }),
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const [file] = outputs
  if (!success || file === undefined) throw new Error(`Cannot make ${asset}: ${logs.join('\n')}`)
  return new Uint8Array(await file.arrayBuffer())
}
