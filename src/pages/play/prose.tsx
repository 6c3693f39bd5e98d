/** A sentence of the documents, in which `backticks` are code. */
export function Prose({ text }: { text: string }) {
  const parts = text.split('`')
  return (
    <p class="hint">
      {parts.map((part, at) => (at % 2 === 0 ? part : <code key={at}>{part}</code>))}
    </p>
  )
}
