import { useState } from 'preact/hooks'
import { Copy } from '../shared/copy.tsx'
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
      <div class="pills" role="radiogroup" aria-label={words.code}>
        {kinds.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="code"
              value={one}
              checked={kind === one}
              onChange={() => choose(one)}
            />
            {one}
          </label>
        ))}
        <Copy text={text} label={words.copy} done={words.copied} />
      </div>
      <pre tabIndex={0} aria-label={words.code}>
        <code>{text}</code>
      </pre>
    </section>
  )
}
