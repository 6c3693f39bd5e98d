import { readFileSync } from 'node:fs'

/** CPU time of a process with all its threads, in µs, to 10 ms; NaN where /proc does not tell. */
export function cpuMicros(pid: number): number {
  const stat = read(`/proc/${pid}/stat`)
  // The name of the command stands in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return ticks * microsPerTick
}

/** Linux tells times in hundredths of a second whatever its own tick is. */
const microsPerTick = 10_000

/** Resident memory of a process in bytes; NaN where /proc does not tell. */
export function rssBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1]) * 1024
}

/** Threads of a process; NaN where /proc does not tell. */
export function threadsOf(pid: number): number {
  return Number(/Threads:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1])
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
