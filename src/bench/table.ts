/** One measured value by its name: the same for every server that is measured. */
export interface Measure {
  readonly name: string
  readonly value: number
  /** What it comes to over several rounds: the median, or everything added up. */
  readonly over?: 'sum'
}

/** What a value should be: at least or at most `than`, as the ratio to bare or absolutely. */
export interface Goal {
  readonly of: 'ratio' | 'value'
  readonly at: 'least' | 'most'
  readonly than: number
}

/** One line of the result; null where there is nothing to tell. */
export interface Row {
  readonly name: string
  readonly bare: number | null
  readonly fanfare: number | null
  /** fanfare / bare. */
  readonly ratio: number | null
  readonly goal: string | null
  readonly met: boolean | null
}

/** Puts the values of both servers side by side, in the order of the first that names them. */
export function compare(
  bare: readonly Measure[],
  fanfare: readonly Measure[],
  goals: Readonly<Record<string, Goal>>,
): Row[] {
  const names = [...new Set([...fanfare, ...bare].map(({ name }) => name))]
  return names.map((name) => {
    const [mine, theirs] = [valueOf(fanfare, name), valueOf(bare, name)]
    const ratio = mine === null || theirs === null || theirs === 0 ? null : mine / theirs
    const goal = goals[name]
    const judged = goal?.of === 'ratio' ? ratio : mine
    return {
      name,
      bare: theirs,
      fanfare: mine,
      ratio,
      goal: goal === undefined ? null : worded(goal),
      met: goal === undefined || judged === null ? null : holds(goal, judged),
    }
  })
}

/** How many goals the values miss; one that has no value is missed. */
export function missedGoals(
  measures: readonly Measure[],
  goals: Readonly<Record<string, Goal>>,
): number {
  return Object.entries(goals).filter(([name, goal]) => {
    const value = valueOf(measures, name)
    return value === null || !holds(goal, value)
  }).length
}

function valueOf(measures: readonly Measure[], wanted: string): number | null {
  const value = measures.find(({ name }) => name === wanted)?.value
  return value === undefined || !Number.isFinite(value) ? null : value
}

function holds({ at, than }: Goal, value: number): boolean {
  return at === 'least' ? value >= than : value <= than
}

function worded({ of, at, than }: Goal): string {
  return `${at === 'least' ? '>=' : '<='} ${number(than)}${of === 'ratio' ? ' x' : ''}`
}

/** The rows as aligned text, numbers to the right. */
export function table(title: string, rows: readonly Row[]): string {
  const cells = [
    [title, 'bare', 'fanfare', 'ratio', 'goal', ''],
    ...rows.map(({ name, bare, fanfare, ratio, goal, met }) => [
      name,
      number(bare),
      number(fanfare),
      ratio === null ? '' : ratio.toFixed(2),
      goal ?? '',
      met === null ? '' : met ? 'met' : 'MISSED',
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column]!, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 || column > 3 ? cell.padEnd(width) : cell.padStart(width)
}

/** Three digits that matter, thousands apart: `3,480,000`, `0.24`. */
function number(value: number | null): string {
  if (value === null) return '-'
  if (Number.isInteger(value) || Math.abs(value) >= 1000) {
    return Math.round(value).toLocaleString('en-US')
  }
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
