import { useState } from 'preact/hooks'
import { machineClock } from '../../client/clock.ts'

/** A button that puts a text on the clipboard and says so for a moment. */
export function Copy({ text, label, done }: { text: string; label: string; done: string }) {
  const [copied, set] = useState(false)
  async function copy(): Promise<void> {
    await write(text)
    set(true)
    machineClock.after(1_500, () => set(false))
  }
  return (
    <button type="button" class="copy" onClick={() => void copy()}>
      {copied ? done : label}
    </button>
  )
}

async function write(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  // Browsers have a clipboard on https and on this machine only; elsewhere a selection is copied.
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}
