import type { Tab } from '../browser.ts'
import type { Casino } from '../systems/crash/casino.ts'

/** The selector of one of the three bets. */
export const slot = (slotId: number) => `.slot:nth-of-type(${slotId})`
/** Whether a bet says a text. */
export const standing = (slotId: number, text: string) =>
  `document.querySelector('${slot(slotId)} .standing').innerText.includes('${text}')`
/** Whether the page shows a balance. */
export const balance = (text: string) =>
  `document.querySelector('.balance strong')?.innerText === '${text}'`
/** Whether a selector finds something. */
export const shown = (selector: string) => `document.querySelector('${selector}') !== null`

/** Lets a player in by the address, as an application does; the page shows the balance then. */
export async function enter(page: Tab, place: Casino, url = place.server.url): Promise<void> {
  const token = await place.token('alice', { name: 'Alice' })
  await page.go(`${url}/crash#token=${token}`)
  await page.until(balance('10,000.00'))
}

/** Lets time pass until the page shows something: the pauses of its client are those of the machine. */
export async function passUntil(page: Tab, place: Casino, expression: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await page.run<boolean>(`Boolean(${expression})`)) return
    await place.pass(50)
    await Bun.sleep(10)
  }
  await page.until(expression)
}
