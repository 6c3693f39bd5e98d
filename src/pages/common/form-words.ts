import type { Language } from './language.tsx'

const en = {
  add: 'Add',
  remove: 'Remove',
  optional: 'optional',
  kind: 'Kind',
  json: 'JSON',
  missing: 'This is needed',
  notNumber: 'This is not a number',
  notJson: 'This is not JSON',
  notForm: (pattern: string) => `This must have the form ${pattern}`,
  tooShort: (least: number) => `At least ${least} characters`,
  tooLong: (most: number) => `At most ${most} characters`,
  tooSmall: (least: number) => `At least ${least}`,
  tooLarge: (most: number) => `At most ${most}`,
}

/** The words of forms that are made from schemas. */
export type FormWords = typeof en

const zh: FormWords = {
  add: '添加',
  remove: '移除',
  optional: '可选',
  kind: '种类',
  json: 'JSON',
  missing: '必填',
  notNumber: '不是数字',
  notJson: '不是 JSON',
  notForm: (pattern) => `必须符合 ${pattern}`,
  tooShort: (least) => `至少 ${least} 个字符`,
  tooLong: (most) => `至多 ${most} 个字符`,
  tooSmall: (least) => `至少 ${least}`,
  tooLarge: (most) => `至多 ${most}`,
}

/** They by language. */
export const formWords: Readonly<Record<Language, FormWords>> = { en, zh }
