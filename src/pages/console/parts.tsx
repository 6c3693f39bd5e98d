import type { ComponentChildren } from 'preact'

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

/** What went wrong, said at once; nothing where nothing did. */
export function Fault({ text }: { text: string }) {
  if (text === '') return null
  return (
    <p class="fault" role="alert">
      {text}
    </p>
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
