import { join } from 'node:path'
import type * as Documents from './documents.ts'

/** What the executable holds ready to be sent, and the source each is made from; of what documents are made from, `documents.ts` says what it is. */
export const assets = {
  'told.json': 'documents.ts',
  'client.js': 'client.ts',
  'console.html': 'pages/console/index.html',
  'crash.html': 'pages/crash/index.html',
  'front.html': 'pages/front/index.html',
  'play.html': 'pages/play/index.html',
  'verify.html': 'pages/verify/index.html',
} as const satisfies Record<string, string>

/** What the pages are called; but for that and their folders their HTML is the same, `pages/page.html`. */
const titles: { readonly [asset in Asset]?: string } = {
  'console.html': 'Console · Fanfare',
  'crash.html': 'Crash',
  'front.html': 'Fanfare',
  'play.html': 'Playground · Fanfare',
  'verify.html': 'Verify a round · Crash',
}

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
  const source = join(import.meta.dir, assets[asset])
  const title = titles[asset]
  const { success, outputs, logs } = await Bun.build({
    entrypoints: [source],
    target: 'browser',
    minify: true,
    // A page holds its script and its style.
    ...(title !== undefined && { compile: true, files: { [source]: await pageOf(title) } }),
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const [file] = outputs
  if (!success || file === undefined) throw new Error(`Cannot make ${asset}: ${logs.join('\n')}`)
  return new Uint8Array(await file.arrayBuffer())
}

/** The HTML of a page, which loads `main.tsx` and `page.css` beside it. */
async function pageOf(title: string): Promise<string> {
  const html = await Bun.file(join(import.meta.dir, 'pages/page.html')).text()
  return html.replace('{title}', title)
}
