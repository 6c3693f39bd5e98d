import { useEffect, useRef, useState } from 'preact/hooks'
import Plot from 'uplot'
import type { Overview } from './api.ts'
import { keptMs, type Sample } from './pulse.ts'

/** A line of a chart: its name, and its value at an instant. */
export interface Line {
  readonly name: string
  readonly of: (overview: Overview) => number | null
}

/** What a chart shows. */
interface ChartProps {
  readonly title: string
  readonly lines: readonly Line[]
  readonly samples: readonly Sample[]
  readonly figure: (value: number | null) => string
  readonly time: (at: number) => string
  /** Its values are whole numbers. */
  readonly whole?: boolean
}

const height = 150
const steps = [1, 10, 100, 1_000, 10_000, 100_000].flatMap((one) => [one, 2 * one, 5 * one])

/** Lines over the last five minutes, with the values of where the pointer is, else the newest ones. */
export function Chart({ title, lines, samples, figure, time, whole = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | null>(null)
  const [at, setAt] = useState<number | null>(null)
  const columns = [
    samples.map((sample) => sample.at / 1_000),
    ...lines.map(({ of }) => samples.map(({ overview }) => overview && of(overview))),
  ]
  const names = lines.map(({ name }) => name).join()
  useEffect(() => {
    const { current } = place
    if (current === null) return
    const made = new Plot(
      optionsOf({ lines, figure, time, whole }, current, setAt),
      columns as Plot.AlignedData,
      current,
    )
    plot.current = made
    const fit = new ResizeObserver(() => made.setSize({ width: current.clientWidth, height }))
    fit.observe(current)
    return () => {
      fit.disconnect()
      made.destroy()
    }
  }, [names, figure])
  useEffect(() => plot.current?.setData(columns as Plot.AlignedData), [samples])
  const shown = (at === null ? samples.at(-1) : samples[at])?.overview ?? null
  const values = lines.map(({ name, of }) => [name, figure(shown && of(shown))] as const)
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        {values.map(([name, value], index) => (
          <span key={name} class="line">
            <i class={`swatch line-${index + 1}`} />
            {name} <b>{value}</b>
          </span>
        ))}
      </figcaption>
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={`${title}: ${values.map((value) => value.join(' ')).join(', ')}`}
      />
    </figure>
  )
}

function optionsOf(
  { lines, figure, time, whole = false }: Omit<ChartProps, 'title' | 'samples'>,
  place: HTMLElement,
  pointed: (index: number | null) => void,
): Plot.Options {
  // Asked each time it draws, so that light and dark change with the system.
  const colour = (name: string) => () => getComputedStyle(place).getPropertyValue(`--${name}`)
  const axis = {
    stroke: colour('plot-text'),
    grid: { stroke: colour('plot-grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  return {
    width: place.clientWidth,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 5 } },
    scales: {
      x: { time: true, range: (_, __, newest) => [newest - keptMs / 1_000, newest] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.15 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: 90,
        values: (_, seconds) => seconds.map((one) => time(one * 1_000)),
      },
      {
        ...axis,
        size: 66,
        values: (_, ticks) => ticks.map((one) => figure(one)),
        ...(whole && { incrs: steps }),
      },
    ],
    series: [{}, ...lines.map(({ name }, index) => seriesOf(name, colour(`line-${index + 1}`)))],
    hooks: { setCursor: [({ cursor }) => pointed(cursor.idx ?? null)] },
  }
}

function seriesOf(label: string, stroke: () => string): Plot.Series {
  const filter: Plot.Series.Points.Filter = (plot, series) => alone(plot.data[series] ?? [])
  return { label, stroke, width: 1.5, points: { show: false, size: 4, filter } }
}

/** Where there is a value between two instants without one, which no line would show. */
function alone(values: Plot.AlignedData[number]): number[] {
  const none = (index: number) => (values[index] ?? null) === null
  return Array.from(values.keys()).filter(
    (index) => !none(index) && none(index - 1) && none(index + 1),
  )
}
