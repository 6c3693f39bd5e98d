import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** One of several: its value, and how it is called. */
interface Option {
  readonly value: string
  readonly text: string
  readonly disabled?: boolean
}

interface ChoiceProps {
  readonly label: string
  /** Of the control, for forms. */
  readonly name: string
  readonly options: readonly Option[]
  readonly value: string
  readonly change: (value: string) => void
}

/** A list to choose from that folds away, below its label. */
export function Select({ label, name, options, value, change }: ChoiceProps) {
  return (
    <label class={name}>
      {label}
      <select
        name={name}
        value={value}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      >
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {one.text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Choices side by side, the label for those who hear them; further controls may follow. */
export function Radios(
  props: ChoiceProps & { readonly look: 'pills' | 'ways'; readonly children?: ComponentChildren },
) {
  const { label, name, options, value, change, look, children } = props
  return (
    <div class={look} role="radiogroup" aria-label={label}>
      {options.map((one) => (
        <label key={one.value}>
          <input
            type="radio"
            name={name}
            value={one.value}
            checked={one.value === value}
            disabled={one.disabled === true}
            onChange={() => change(one.value)}
          />
          {one.text}
        </label>
      ))}
      {children}
    </div>
  )
}

/** A text in one line, below its label; `known` are offered. */
export function Text(props: {
  readonly label: string
  readonly name: string
  readonly value: string
  readonly change: (value: string) => void
  readonly known?: readonly string[]
}) {
  const { label, name, value, change, known = [] } = props
  const list = useId()
  return (
    <label>
      {label}
      <input
        {...{ name, value }}
        list={known.length > 0 ? list : undefined}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
      {known.length > 0 && (
        <datalist id={list}>
          {known.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </label>
  )
}

/** Options that are called what they are. */
export function plain(values: readonly string[]): readonly Option[] {
  return values.map((value) => ({ value, text: value }))
}
