import { html, raw } from 'hono/html'

/** A piece of a page. */
export type Html = ReturnType<typeof html>

/** The little Markdown that our descriptions are written in: paragraphs, `##` headings, tables, `code` and **weight**. Whatever else there is stays text. */
export function markdown(text: string): Html {
  return joined(
    text
      .trim()
      .split(/\n{2,}/)
      .map(block),
  )
}

/** Text of one line with its `code` and **weight**. */
export function inline(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/)
  return joined(
    parts.map((part) => {
      if (/^`.+`$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`
      if (/^\*\*.+\*\*$/.test(part)) return html`<strong>${part.slice(2, -2)}</strong>`
      return html`${part}`
    }),
  )
}

/** A table that may be wider than a phone. */
export function table(head: readonly string[], rows: readonly (readonly Html[])[]): Html {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div> `
}

/** Pieces in a row. */
export function joined(pieces: readonly Html[]): Html {
  return raw(pieces.map(String).join(''))
}

function block(text: string): Html {
  const lines = text.split('\n')
  if (text.startsWith('## ')) return html`<h4>${inline(text.slice(3))}</h4> `
  if (!lines.every((line) => line.startsWith('|'))) return html`<p>${inline(lines.join(' '))}</p> `
  const [head = '', , ...rows] = lines
  const cells = (line: string) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim())
  return table(
    cells(head),
    rows.map((row) => cells(row).map(inline)),
  )
}
