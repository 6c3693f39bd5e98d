import { Copy } from '../common/copy.tsx'
import type { Words } from './words.ts'

/** A line of a shell, to be looked at and copied. */
export function Line({ label, text, words }: { label: string; text: string; words: Words }) {
  return (
    <details class="line">
      <summary>{label}</summary>
      <Copy text={text} label={words.copy} done={words.copied} />
      <pre>
        <code>{text}</code>
      </pre>
    </details>
  )
}
