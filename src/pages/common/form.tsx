import { useEffect, useId, useRef, useState } from 'preact/hooks'
import {
  emptyDraft,
  isJson,
  jsonOf,
  membersOf,
  optionsOf,
  requires,
  shapeOf,
  valuesOf,
  type Draft,
  type Schema,
} from './draft.ts'
import type { FormWords } from './form-words.ts'

/** A part of a form: its schema, what is in it, and who hears of a change. */
interface FieldProps {
  readonly schema: Schema
  readonly name: string
  readonly draft: Draft
  readonly change: (draft: Draft) => void
  readonly required: boolean
  readonly words: FormWords
}

/** Fields for whatever a schema asks for; the form around them cannot be sent while one is wrong. */
export function Field(props: FieldProps) {
  const { schema, draft } = props
  if (draft.kind === 'choice') return <Choice {...props} draft={draft} />
  if (draft.kind === 'list') return <List {...props} draft={draft} />
  if (draft.kind === 'object') return <Members {...props} draft={draft} />
  const shape = shapeOf(schema)
  if (shape === 'pick' || shape === 'flag') return <Pick {...props} draft={draft} />
  return <Text {...props} draft={draft} />
}

type Of<Kind extends Draft['kind']> = FieldProps & {
  readonly draft: Extract<Draft, { readonly kind: Kind }>
}

function Label({ props, id }: { props: FieldProps; id: string }) {
  const { name, required, words, schema } = props
  const { description } = schema
  return (
    <label for={id} title={typeof description === 'string' ? description : undefined}>
      {name === '' ? words.json : name}
      {!required && <small> {words.optional}</small>}
    </label>
  )
}

function Text(props: Of<'text'>) {
  const { schema, name, draft, change, required, words } = props
  const id = useId()
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null)
  const shape = shapeOf(schema)
  const fault = faultOf(schema, draft.text, required, words)
  useEffect(() => field.current?.setCustomValidity(fault), [fault])
  const shared = {
    id,
    name,
    ref: field,
    value: draft.text,
    autocomplete: 'off' as const,
    spellcheck: false,
    onInput: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) =>
      change({ kind: 'text', text: currentTarget.value }),
  }
  const long = shape === 'raw' || Number(schema['maxLength']) > 1_000
  return (
    <div class="field">
      <Label props={props} id={id} />
      {long ? (
        <textarea {...shared} rows={3} class={shape === 'raw' ? 'raw' : undefined} />
      ) : (
        <input {...shared} inputMode={shape === 'number' ? 'decimal' : undefined} />
      )}
    </div>
  )
}

/** What is wrong with a text; empty where nothing is. */
function faultOf(schema: Schema, text: string, required: boolean, words: FormWords): string {
  const { pattern, minLength = 0, maxLength = Infinity, minimum, maximum } = schema
  const shape = shapeOf(schema)
  if (text === '') {
    const needed = shape !== 'text' || pattern !== undefined || Number(minLength) > 0
    return required && needed ? words.missing : ''
  }
  if (shape === 'raw') return isJson(text) ? '' : words.notJson
  if (shape === 'number') {
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return words.notNumber
    if (Number(text) < Number(minimum ?? -Infinity)) return words.tooSmall(Number(minimum))
    if (Number(text) > Number(maximum ?? Infinity)) return words.tooLarge(Number(maximum))
    return ''
  }
  if (text.length < Number(minLength)) return words.tooShort(Number(minLength))
  if (text.length > Number(maxLength)) return words.tooLong(Number(maxLength))
  if (typeof pattern !== 'string' || new RegExp(pattern, 'u').test(text)) return ''
  return words.notForm(pattern)
}

function Pick(props: Of<'text'>) {
  const { schema, name, draft, change, required } = props
  const id = useId()
  const values = shapeOf(schema) === 'flag' ? [true, false] : valuesOf(schema)
  return (
    <div class="field">
      <Label props={props} id={id} />
      <select
        {...{ id, name, required }}
        value={draft.text}
        onChange={({ currentTarget }) => change({ kind: 'text', text: currentTarget.value })}
      >
        <option value="">—</option>
        {values.map((value) => (
          <option key={JSON.stringify(value)} value={JSON.stringify(value)}>
            {String(value)}
          </option>
        ))}
      </select>
    </div>
  )
}

function Choice(props: Of<'choice'>) {
  const { schema, name, draft, change, words } = props
  const id = useId()
  const options = optionsOf(schema)
  const chosen = options[draft.index]!
  function choose(index: number): void {
    change({ kind: 'choice', index, of: emptyDraft(options[index]!) })
  }
  return (
    <fieldset>
      {name !== '' && <legend>{name}</legend>}
      <div class="field">
        <label for={id}>{words.kind}</label>
        <select
          id={id}
          value={String(draft.index)}
          onChange={({ currentTarget }) => choose(Number(currentTarget.value))}
        >
          {options.map((option, index) => (
            <option key={index} value={String(index)}>
              {String(option['title'] ?? option['type'] ?? index + 1)}
            </option>
          ))}
        </select>
      </div>
      <Field
        {...props}
        schema={chosen}
        name=""
        draft={draft.of}
        change={(of) => change({ ...draft, of })}
      />
    </fieldset>
  )
}

function List(props: Of<'list'>) {
  const { schema, name, draft, change, words } = props
  const items = schema['items'] as Schema
  const full = draft.items.length >= Number(schema['maxItems'] ?? Infinity)
  const put = (all: readonly Draft[]) => change({ kind: 'list', items: all })
  return (
    <fieldset>
      <legend>{name}</legend>
      {draft.items.map((item, index) => (
        <div class="item" key={index}>
          <Field
            {...props}
            schema={items}
            name={`${name} ${index + 1}`}
            draft={item}
            change={(next) => put(draft.items.with(index, next))}
            required
          />
          <button
            type="button"
            class="secondary"
            aria-label={`${words.remove} ${name} ${index + 1}`}
            onClick={() => put(draft.items.toSpliced(index, 1))}
          >
            {words.remove}
          </button>
        </div>
      ))}
      <button
        type="button"
        class="secondary"
        disabled={full}
        aria-label={`${words.add} ${name}`}
        onClick={() => put([...draft.items, emptyDraft(items)])}
      >
        {words.add}
      </button>
    </fieldset>
  )
}

function Members(props: Of<'object'>) {
  const { schema, name, draft, change, required } = props
  const [open] = useState(() => required || jsonOf(schema, draft, false) !== null)
  // What can have one value only has it: there is nothing to ask.
  const asked = Object.entries(membersOf(schema)).filter(
    ([member, part]) => !('const' in part && requires(schema, member)),
  )
  const parts = asked.map(([member, part]) => (
    <Field
      key={member}
      {...props}
      schema={part}
      name={member}
      draft={draft.members[member] ?? emptyDraft(part)}
      change={(next) => change({ kind: 'object', members: { ...draft.members, [member]: next } })}
      // What is required of an optional object is only so once that has something in it; the server decides.
      required={required && requires(schema, member)}
    />
  ))
  if (name === '') return <>{parts}</>
  if (!required) {
    return (
      <details class="part" open={open}>
        <summary>{name}</summary>
        {parts}
      </details>
    )
  }
  return (
    <fieldset>
      <legend>{name}</legend>
      {parts}
    </fieldset>
  )
}
