import { useState } from 'preact/hooks'
import { Copy } from '../common/copy.tsx'
import { plain, Radios } from './choices.tsx'
import { codeOf, kinds, type CodeKind, type Setup } from './code.ts'
import type { Words } from './words.ts'

/** The running setup in several languages. */
export function Program({ setup, words }: { setup: Setup; words: Words }) {
  const [kind, choose] = useState<CodeKind>('client.js')
  const text = codeOf(kind, setup)
  return (
    <section class="card code">
      <h2>{words.code}</h2>
      <p class="hint">{words.codeHint}</p>
      <Radios
        look="pills"
        label={words.code}
        name="code"
        options={plain(kinds)}
        value={kind}
        change={(wished) => choose(wished as CodeKind)}
      >
        <Copy text={text} label={words.copy} done={words.copied} />
      </Radios>
      <pre tabIndex={0} aria-label={words.code}>
        <code>{text}</code>
      </pre>
    </section>
  )
}
