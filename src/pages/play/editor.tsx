import { useId } from 'preact/hooks'
import { isJson, jsonOf, type Draft, type Schema } from '../common/draft.ts'
import { formWords } from '../common/form-words.ts'
import { Field } from '../common/form.tsx'
import type { Language } from '../common/language.tsx'
import { draftOf, valueOf } from '../common/prefill.ts'
import { Radios } from './choices.tsx'
import type { Words } from './words.ts'

/** Something that is being written: by a form, or as text where there is one. */
export interface Written {
  readonly draft: Draft
  readonly raw: string | null
}

/** What is written, as the JSON text that will be sent. */
export function textOf(schema: Schema, { draft, raw }: Written): string {
  return raw ?? jsonOf(schema, draft) ?? '{}'
}

/** A form for a schema that is whole, with plain JSON as the other way. */
export function Editor(props: {
  readonly schema: Schema
  readonly label: string
  readonly written: Written
  readonly change: (written: Written) => void
  readonly words: Words
  readonly language: Language
}) {
  const { schema, label, written, change, words, language } = props
  const { draft, raw } = written
  const group = useId()
  const broken = raw !== null && !isJson(raw)
  function turn(toJson: boolean): void {
    if (toJson) change({ draft, raw: pretty(textOf(schema, written)) })
    else if (!broken) change({ draft: draftOf(schema, valueOf(raw ?? '{}')), raw: null })
  }
  return (
    <div class="editor">
      <Radios
        look="ways"
        label={words.how}
        name={group}
        options={[
          { value: 'form', text: words.asForm, disabled: broken },
          { value: 'json', text: words.asJson },
        ]}
        value={raw === null ? 'form' : 'json'}
        change={(way) => turn(way === 'json')}
      />
      {raw === null ? (
        <Field
          {...{ schema, draft }}
          name=""
          required
          words={formWords[language]}
          change={(next) => change({ draft: next, raw: null })}
        />
      ) : (
        <textarea
          class="raw"
          aria-label={label}
          spellcheck={false}
          rows={Math.min(14, Math.max(3, raw.split('\n').length))}
          value={raw}
          onInput={({ currentTarget }) => change({ draft, raw: currentTarget.value })}
        />
      )}
      {broken && <small class="fault">{words.notJson}</small>}
    </div>
  )
}

/** JSON over several lines, where that changes nothing in it: 12.50 would become 12.5. */
export function pretty(json: string): string {
  const value = valueOf(json)
  return value !== undefined && JSON.stringify(value) === json
    ? JSON.stringify(value, null, 2)
    : json
}
