import { join } from 'node:path'
import type * as Documents from './documents.ts'

/** What the executable holds ready to be sent, and the source each is made from; of what documents are made from, `documents.ts` says what it is. */
export const assets = {
  'told.json': 'documents.ts',
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

/** Makes an asset from its source: one file for browsers that asks for nothing else, or what a module tells. */
export async function make(asset: Asset): Promise<Uint8Array<ArrayBuffer>> {
  if (asset === 'told.json') {
    // By a path that the bundler cannot follow, so that the executable holds what is told and not who tells it.
    const { told } = (await import(join(import.meta.dir, assets[asset]))) as typeof Documents
    return new TextEncoder().encode(JSON.stringify(told()))
  }
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
