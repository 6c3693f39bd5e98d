import type { Clock, Stop } from './clock.ts'

/** The part of a Node stream that lines go to. */
export interface Output {
  write(text: string): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  readonly writableLength: number
}

/** Lines on their way to a stream. */
export interface LineWriter {
  /** Takes a line with its end; it leaves within 20 ms, or at exit. Never throws. */
  write(line: string): void
  /** Hands everything to the stream now. */
  flush(): void
  /** Lines that were dropped because the stream takes nothing. */
  readonly lost: number
}

const flushMs = 20
const flushChars = 65_536
/** What a reader that has stopped reading may cost in memory. */
const backlogBytes = 4_194_304

/** Collects lines, because a write each costs ten times as much. A closed stream ends the writing, not the process. */
export function bufferedWriter(stream: Output, clock: Clock): LineWriter {
  let lines = ''
  let closed = false
  let lost = 0
  let stop: Stop | null = null

  function flush(): void {
    stop?.()
    stop = null
    if (lines === '' || closed) return
    const text = lines
    lines = ''
    try {
      stream.write(text)
    } catch {
      closed = true
    }
  }

  stream.on('error', () => {
    closed = true
    lines = ''
  })
  process.on('exit', flush)
  return {
    flush,
    get lost() {
      return lost
    },
    write(line) {
      if (closed || stream.writableLength > backlogBytes) return void lost++
      lines += line
      if (lines.length >= flushChars) flush()
      else stop ??= clock.after(flushMs, flush)
    },
  }
}
