import { afterEach, expect, test } from 'bun:test'
import { cleanUp, serve } from '../cli/server.ts'
import { noBrowser, tab, type Tab } from '../browser.ts'
import { serverKey, start } from '../fixture.ts'

afterEach(cleanUp)

/** Chooses in a select as a user does. */
async function choose(page: Tab, name: string, label: string): Promise<void> {
  const select = `document.querySelector('select[name=${name}]')`
  const option = `[...${select}?.options ?? []].find(({ text }) => text === ${JSON.stringify(label)})`
  await page.until(option)
  await page.run(
    `(${select}.value = ${option}.value, ${select}.dispatchEvent(new Event('change', { bubbles: true })))`,
  )
}

/** Enters as the first role of a system. */
async function enter(page: Tab, system: string): Promise<void> {
  await page.until(`document.querySelector('input[name=system][value=${system}]')`)
  await page.click(`label:has(> input[value=${system}])`)
  await page.until(`document.querySelector('input[value=${system}]').checked`)
  await page.click('button[name=connect]')
  await page.until(`document.querySelector('.standing.open')`)
  await page.until(`document.querySelector('.tape') !== null`)
}

const send = 'form:has(select[name=command]) > button[type=submit]'

/** Waits until the newest frames hold one of a name in a direction. */
const frame = (page: Tab, direction: 'in' | 'out', name: string) =>
  page.until(
    `[...document.querySelectorAll('.tape .${direction} b')].some(({ textContent }) => textContent === ${JSON.stringify(name)})`,
  )

test.skipIf(noBrowser)(
  'in every system somebody connects, says something, sees the answer and hears what happens (needs chromium)',
  async () => {
    const server = serve(['--dev'])
    const [url] = await server.urls()
    using page = await tab()
    await page.go(`${url}/play`)

    await enter(page, 'jive')
    await frame(page, 'in', 'Connected')
    await choose(page, 'command', 'Request')
    await choose(page, 'example', '2')
    await page.click(send)
    await frame(page, 'in', 'Accounts')
    await page.click('button[name=spend]')
    await frame(page, 'in', 'TransactionUpdate')
    await frame(page, 'in', 'AccountBalanceUpdate')

    await enter(page, 'dcs')
    await page.click(send)
    await frame(page, 'out', '{}')
    await page.click('.backend form > button[type=submit]')
    await frame(page, 'in', 'KYC_STATUS')

    await enter(page, 'locallife')
    await choose(page, 'command', 'ping')
    await page.click(send)
    await frame(page, 'in', 'pong')
    await choose(page, 'command', 'ack')
    const field = `document.querySelector('input[name=message_id]')`
    const tape = `document.querySelector('.tape ol').innerText`
    await page.until(`${field}.value === '42'`)
    await page.click('.backend form > button[type=submit]')
    await frame(page, 'in', 'notification')
    // The form stands there already: the notice that was heard can be acknowledged.
    await page.until(`${field}.value !== '42'`)
    const first = await page.run<string>(`${field}.value`)
    await page.until(`${tape}.includes('"message_id":"${first}"')`)
    await page.click(send)
    await page.until(`${tape}.includes('{"type":"ack","data":{"message_id":"${first}"}}')`)
    // The next one takes its place, in the text too, but never that of what somebody typed.
    await page.click('label:has(> input[value=json])')
    await page.click('.backend form > button[type=submit]')
    await page.until(`!document.querySelector('textarea').value.includes('"${first}"')`)
    await page.click('label:has(> input[value=form])')
    await page.until(`${field} !== null`)
    const second = await page.run<string>(`${field}.value`)
    expect([first, '42', '']).not.toContain(second)
    await page.fill('input[name=message_id]', first)
    await page.click('.backend form > button[type=submit]')
    await page.until(
      `!${JSON.stringify([first, second])}.includes(/"message_id":"([^"]*)"/.exec(${tape})[1])`,
    )
    expect(await page.run<string>(`${field}.value`)).toBe(first)

    await enter(page, 'pledge')
    await frame(page, 'in', 'code 0')
    await page.click(send)
    await frame(page, 'in', 'code 1')

    await enter(page, 'crash')
    await choose(page, 'command', 'GET_STATE')
    await page.click(send)
    await frame(page, 'in', 'GET_STATE_RESPONSE')
    await page.click('button[name=credit]')
    await frame(page, 'in', 'BALANCE_UPDATE')
    expect(page.complaints).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'frames are filtered, held still and cleared, commands are written as JSON, and a lost line is said (needs chromium)',
  async () => {
    await using server = await start({ dev: true })
    using page = await tab(390, 800)
    await page.go(`${server.url}/play#jive/bob`)
    await page.until(`document.querySelector('select[name=role]').value === 'bob'`)
    await enter(page, 'jive')
    const rows = (count: number) =>
      page.until(`document.querySelectorAll('.tape li').length === ${count}`)
    await rows(2)
    await page.fill('input[name=filter]', 'user_id')
    await rows(1)
    await page.fill('input[name=filter]', '-user_id')
    await page.until(`document.querySelector('.tape li .text').textContent === 'open'`)
    await rows(1)
    await page.fill('input[name=filter]', 'nowhere')
    await page.shows('No frame has this text.')
    await page.run(`document.querySelector('input[name=filter]').value = ''`)
    await page.fill('input[name=filter]', ' ')
    await rows(2)

    await page.click('button[name=pause]')
    await page.click('label:has(> input[value=json])')
    await page.fill('textarea', '{"command":"Nonsense"}')
    await page.click(send)
    await page.shows('2 since')
    await rows(2)
    await page.click('button[name=pause]')
    await frame(page, 'out', 'Nonsense')
    await frame(page, 'in', 'Error')
    // By the keyboard: the arrows go through the frames, Enter opens one.
    await page.run(`(document.querySelector('.tape ol').focus(), 0)`)
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'Enter']) await page.press(key)
    await page.shows('"code": "UNKNOWN_COMMAND"')
    await page.fill('textarea', '{"command"')
    await page.shows('This is not JSON')
    await page.click('button[name=clear]')
    await rows(0)

    const { connections } = (await (
      await server.fetch('/api/connections', { token: serverKey })
    ).json()) as { connections: { id: string }[] }
    await server.fetch(`/api/connections/${connections[0]!.id}`, {
      method: 'DELETE',
      token: serverKey,
    })
    await page.shows('closed 4403')
    await rows(1)
    await page.click('button[name=connect]')
    await page.until(`document.querySelector('.standing.open')`)
    // The old line was over: leaving it is no second end of it.
    expect(await page.run<string>(`document.querySelector('.tape').innerText`)).not.toContain(
      'closed 1000',
    )
    await page.click('button[name=connect]')
    await page.shows('closed 1000')
    expect(await page.run<boolean>(`document.querySelector('${send}').disabled`)).toBe(true)
    // On an address that is neither https nor this machine a browser has no clipboard.
    await page.run(
      `(Object.defineProperty(navigator, 'clipboard', { value: undefined }), addEventListener('copy', () => (window.copied = getSelection().toString())), 0)`,
    )
    await page.click('.code button.copy')
    await page.shows('Copied')
    expect(await page.run<string>('window.copied')).toContain("import { jive } from 'http")
    await page.click('button.language')
    await page.shows('试验场')
    await page.shows('已关闭 1000')
    expect(await page.run<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(page.complaints).toEqual([])
  },
)

test.skipIf(noBrowser)(
  'a server that has gone is said, in the list and where one connects (needs chromium)',
  async () => {
    await using server = await start({ dev: true })
    using page = await tab()
    await page.go(`${server.url}/play`)
    await enter(page, 'locallife')
    await server.stop()
    await page.shows('closed 1012')
    await page.click('.backend form > button[type=submit]')
    await page.until(
      `document.querySelector('.answer').innerText.includes('The server does not answer.')`,
    )
    await page.click('button[name=connect]')
    await page.until(
      `document.querySelector('.standing').innerText === 'closed The server does not answer.'`,
    )
    // The browser itself tells of each.
    const own = page.complaints.filter((one) => !one.includes('ERR_CONNECTION_REFUSED'))
    expect(own).toEqual([])
  },
)
