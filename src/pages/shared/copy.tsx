import { useState } from 'preact/hooks'
import { machineClock } from '../../client/clock.ts'

/** A button that puts a text on the clipboard and says so for a moment. */
export function Copy({ text, label, done }: { text: string; label: string; done: string }) {
  const [copied, set] = useState(false)
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(text)
    set(true)
    machineClock.after(1_500, () => set(false))
  }
  return (
    <button type="button" class="copy" onClick={() => void copy()}>
      {copied ? done : label}
    </button>
  )
}
