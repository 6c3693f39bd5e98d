import type { ComponentChildren } from 'preact'
import { refusalText } from './sayings.ts'
import type { Trouble } from './trouble.ts'
import type { Words } from './words.ts'

/** Fields in a row with a button that asks. */
export function Search(props: { submit: () => void; label: string; children: ComponentChildren }) {
  const { submit, label, children } = props
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {children}
      <button type="submit">{label}</button>
    </form>
  )
}

/** One of several values; with `none` also no value, the empty text. */
export function Select<Value extends string>(props: {
  label: string
  value: Value | ''
  change: (value: Value) => void
  none?: string
  children: readonly Value[]
}) {
  const { label, value, change, none, children } = props
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => change(currentTarget.value as Value)}>
        {none !== undefined && <option value="">{none}</option>}
        {children.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  )
}

/** A text in a field with a label, told at every change. */
export function Text(props: {
  label: string
  name: string
  value: string
  change: (value: string) => void
  hint?: string
  required?: boolean
  digits?: boolean
}) {
  const { label, name, value, change, hint, required = false, digits = false } = props
  return (
    <label>
      {label}
      <input
        {...{ name, value, required }}
        placeholder={hint}
        autocomplete="off"
        spellcheck={false}
        inputMode={digits ? 'numeric' : undefined}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </label>
  )
}

/** What is wrong, said at once. */
export function Alert({ children }: { children: ComponentChildren }) {
  return (
    <p class="fault" role="alert">
      {children}
    </p>
  )
}

/** What went wrong, said at once; nothing where nothing did. */
export function Fault({ words, fault }: { words: Words; fault: Trouble | null }) {
  if (fault === null) return null
  return (
    <Alert>
      <Refused words={words} fault={fault} />
    </Alert>
  )
}

/** What went wrong in the language of the page, small behind it what the server said. */
export function Refused({ words, fault }: { words: Words; fault: Trouble }) {
  const said = refusalText(words.sayings, fault.code)
  if (said === null) return <span lang="en">{fault.text}</span>
  return (
    <>
      {said} <small lang="en">{fault.text}</small>
    </>
  )
}

/** Names and values beneath each other. */
export function Facts(props: {
  children: readonly (readonly [name: string, value: ComponentChildren])[]
}) {
  return (
    <dl class="facts">
      {props.children.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
