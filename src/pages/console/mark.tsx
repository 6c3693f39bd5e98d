import type { ComponentChildren } from 'preact'

/** A state in a word, and in a colour beside it. */
export function Mark(props: { kind: 'good' | 'bad' | 'unknown'; children: ComponentChildren }) {
  return <span class={`mark ${props.kind}`}>{props.children}</span>
}
