import { useEffect, useRef } from 'preact/hooks'
import { machineClock } from '../../client/clock.ts'

/** Whether whoever looks wants little to move. */
export const calm = matchMedia('(prefers-reduced-motion: reduce)')

/** Calls back for each frame of the screen with this machine's time, as long as somebody looks. */
export function useFrames(run: (now: number) => void): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    let next = requestAnimationFrame(step)
    function step(): void {
      latest.current(machineClock.now())
      next = requestAnimationFrame(step)
    }
    return () => cancelAnimationFrame(next)
  }, [])
}

/** Writes a text into an element, unless it is there already. */
export function write(element: HTMLElement | null, text: string): void {
  if (element !== null && element.textContent !== text) element.textContent = text
}
