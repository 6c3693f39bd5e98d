import { describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import { fieldsTable } from '../../src/documents/fields.ts'
import { jsonSchema } from '../../src/documents/json-schema.ts'
import { inline, markdown } from '../../src/documents/markdown.ts'
import { openapiOf } from '../../src/documents/openapi.ts'
import { pageOf } from '../../src/documents/page.ts'
import type { Description } from '../../src/core/operation.ts'

/** The texts of the cells of a table, row by row. */
function cells(html: unknown): string[][] {
  const rows = String(html).split('<tr>').slice(2)
  const text = (cell: string) =>
    cell
      .replace(/<[^>]*>/g, '')
      .replaceAll('&quot;', '"')
      .replace(/\s+/g, ' ')
      .trim()
  return rows.map((row) => row.split('<td>').slice(1).map(text))
}

describe('a table of fields', () => {
  const table = (schema: v.GenericSchema) => cells(fieldsTable(jsonSchema(schema, 'input'), {}))

  test('has a row for each field at any depth, and says what is optional and between which bounds', () => {
    const Item = v.object({ name: v.pipe(v.string(), v.minLength(1), v.maxLength(9)) })
    const schema = v.object({
      items: v.pipe(v.array(Item), v.maxLength(3)),
      limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 5),
      by: v.record(v.string(), Item),
      kind: v.nullable(v.picklist(['a', 'b'])),
      note: v.pipe(v.string(), v.description('Not `this`')),
    })
    expect(table(schema)).toEqual([
      ['items', 'list of object', 'at most 3 of them'],
      ['items[].name', 'string', '1 to 9 characters'],
      ['limit optional', 'integer', '1 or more; 5 when absent'],
      ['by', 'object', ''],
      ['by.*.name', 'string', '1 to 9 characters'],
      ['kind', 'string or null', 'a, b'],
      ['note', 'string', 'Not this'],
    ])
  })

  test('keeps several shapes apart, because a field of one is none of the other', () => {
    const schema = v.object({
      data: v.union([v.object({ kind: v.literal('a') }), v.object({ kind: v.literal('b') })]),
    })
    expect(table(schema)).toEqual([
      ['data', 'object', ''],
      ['either', '', ''],
      ['data.kind', '"a"', ''],
      ['or', '', ''],
      ['data.kind', '"b"', ''],
    ])
  })

  test('ends where a shape holds itself, since no table is endless', () => {
    const schemas = {
      Node: { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } },
    }
    const rows = cells(fieldsTable({ $ref: '#/components/schemas/Node' }, schemas))
    expect(rows[0]).toEqual(['next optional', 'object', ''])
    expect(rows.length).toBeLessThan(20)
  })
})

describe('the texts of the page', () => {
  test('are paragraphs, headings, tables, code and weight, and nothing else of Markdown or HTML', () => {
    const text =
      '## One\n\n**Two** `<b>`\nthree & four\n\n| a | b |\n| --- | --- |\n| `1` | <i> |\n\n- five'
    const html = String(markdown(text))
    expect(html).toContain('<h4>One</h4>')
    expect(html).toContain('<p><strong>Two</strong> <code>&lt;b&gt;</code> three &amp; four</p>')
    expect(cells(markdown('| a | b |\n| --- | --- |\n| `1` | 2 |'))).toEqual([['1', '2']])
    expect(html).toContain('&lt;i&gt;')
    expect(html).toContain('<p>- five</p>')
    expect(String(inline('`a` and ** b'))).toBe('<code>a</code> and ** b')
  })

  test('stay text wherever they come from, so that no description can put a script into the page', async () => {
    const evil = '<script>alert(1)</script>"\'&'
    const description: Description = {
      name: 'evil',
      summary: evil,
      schemes: { serverKey: { type: 'http', scheme: 'bearer', description: evil } },
      operations: [
        {
          method: 'post',
          path: '/a/:b',
          id: 'a',
          summary: evil,
          description: evil,
          access: { serverKey: ['admin'] },
          params: v.object({ b: v.pipe(v.string(), v.description(evil)) }),
          body: { schema: v.object({ [evil]: v.string() }), fields: { [evil]: evil } },
          example: { params: { b: evil }, body: { [evil]: evil } },
          answers: { 200: { says: evil, schema: v.string(), example: evil } },
        },
      ],
    }
    const page = await pageOf(openapiOf([description], evil), new Map(), true)
    expect(page).not.toContain('<script')
    expect(page.split('&lt;script&gt;').length).toBeGreaterThan(8)
  })

  test('have a line to paste for each route, in quotes that a shell reads as they are meant', async () => {
    const description: Description = {
      name: 'common',
      summary: 'x',
      operations: [
        {
          method: 'put',
          path: '/a/:b',
          id: 'a',
          summary: 'x',
          access: { serverKey: ['admin'] },
          params: v.object({ b: v.string() }),
          query: v.object({ q: v.string() }),
          headers: v.object({ 'X-One': v.string() }),
          body: { schema: v.object({ text: v.string() }) },
          example: {
            params: { b: 'c d' },
            query: { q: '1&2' },
            headers: { 'X-One': '1' },
            body: { text: "it's $HOME" },
          },
          answers: { 204: { says: 'x' } },
        },
      ],
    }
    const page = await pageOf(openapiOf([description], ''), new Map(), false)
    const [, shown = ''] = /<pre>(curl[\s\S]*?)<\/pre>/.exec(page)!
    const line = shown.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
    const script = `curl() { printf '%s\\n' "$@"; }; BASE=http://b; SERVER_KEY=k; ${line}`
    const { stdout } = Bun.spawnSync(['sh', '-c', script])
    expect(stdout.toString().trim().split('\n')).toEqual([
      '-X',
      'PUT',
      'http://b/a/c%20d?q=1%262',
      '-H',
      'Authorization: Bearer k',
      '-H',
      'X-One: 1',
      '-H',
      'Content-Type: application/json',
      '-d',
      `{"text":"it's $HOME"}`,
    ])
  })
})
