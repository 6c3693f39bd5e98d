import { writeFileSync } from 'node:fs'

/** The browser of the tests, Debian's chromium driven by Bun; null where there is none. This is the only file that knows how. */
export const chromium = Bun.which('chromium')

/** Whether tests of pages are to be skipped: without a browser, unless the machine must have one. */
export const noBrowser = chromium === null && !process.env['FANFARE_REQUIRE_ALL']

/** A page in a browser. */
export interface Tab extends Disposable {
  /** Goes to an address and waits until the page is there. */
  go(url: string): Promise<void>
  /** Runs an expression in the page and gives its value, which must be JSON. */
  run<Value>(expression: string): Promise<Value>
  /** Waits until an expression of the page is true; fails with the page's text. */
  until(expression: string): Promise<void>
  /** Waits until the page shows a text. */
  shows(text: string): Promise<void>
  /** Clicks the first element a selector finds, as a user does. */
  click(selector: string): Promise<void>
  /** Puts a text into the first field a selector finds, in place of what is there. */
  fill(selector: string, text: string): Promise<void>
  press(key: string): Promise<void>
  resize(width: number, height: number): Promise<void>
  /** As if the system preferred light or dark. */
  prefer(scheme: 'light' | 'dark'): Promise<void>
  /** Writes what is seen as a PNG. */
  screenshot(path: string): Promise<void>
  /** What the page has complained of: errors and warnings of its console, uncaught ones, refused by its policy. */
  readonly complaints: readonly string[]
}

/** Options under which chromium runs as root and asks nobody outside for anything. */
const argv = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** How long a test waits for what must come; none passes because this ran out. */
const patienceMs = 30_000

/** Opens an empty page of a size in CSS pixels. */
export async function tab(width = 1280, height = 800): Promise<Tab> {
  if (chromium === null) throw new Error('The tests of pages need chromium')
  const complaints: string[] = []
  const view = new Bun.WebView({
    width,
    height,
    backend: { type: 'chrome', path: chromium, url: false, argv },
    console(type, ...args) {
      if (type === 'error' || type === 'warn') complaints.push(args.map(String).join(' '))
    },
  })
  await view.navigate('about:blank')
  for (const domain of ['Runtime', 'Log']) await view.cdp(`${domain}.enable`)
  view.addEventListener<any>('Runtime.exceptionThrown', ({ data }) => {
    const { text, exception } = data.exceptionDetails
    complaints.push(`${text} ${exception?.description ?? ''}`)
  })
  view.addEventListener<any>('Log.entryAdded', ({ data: { entry } }) => {
    if (entry.level === 'error') complaints.push(`${entry.text} ${entry.url ?? ''}`)
  })
  const self: Tab = {
    complaints,
    async go(url) {
      // While another page is still coming, its arrival would be taken for that of this one.
      await self.until(`document.readyState === 'complete'`)
      await view.navigate(url)
    },
    run: (expression) => view.evaluate(expression),
    async until(expression) {
      const began = performance.now()
      let fault = ''
      // A page that is just coming has no body yet.
      const holds = () =>
        view.evaluate<boolean>(`Boolean(${expression})`).catch((error: unknown) => {
          fault = String(error)
          return false
        })
      while (!(await holds())) {
        if (performance.now() - began < patienceMs) {
          await Bun.sleep(10)
          continue
        }
        const text = await view.evaluate('document.body?.innerText')
        const heard = [fault, ...complaints].join('; ')
        throw new Error(`never ${expression}; the page says ${text}; ${heard}`)
      }
    },
    shows: (text) => self.until(`document.body.innerText.includes(${JSON.stringify(text)})`),
    async click(selector) {
      await view.scrollTo(selector)
      await view.click(selector)
    },
    async fill(selector, text) {
      const field = `document.querySelector(${JSON.stringify(selector)})`
      await self.until(`${field} !== null`)
      await view.evaluate(`(${field}.focus(), ${field}.select?.(), 0)`)
      await view.type(text)
    },
    press: (key) => view.press(key),
    resize: (toWidth, toHeight) => view.resize(toWidth, toHeight),
    prefer: async (value) =>
      void (await view.cdp('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value }],
      })),
    screenshot: async (path) =>
      writeFileSync(path, await view.screenshot({ encoding: 'buffer', format: 'png' })),
    [Symbol.dispose]: () => view.close(),
  }
  return self
}
