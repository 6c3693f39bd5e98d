import { afterAll, beforeAll, expect, test } from 'bun:test'
import { frame, handshakeOf, op } from '../hostile/raw.ts'
import { openHouse, type House } from './house.ts'
import { plain } from './socket.ts'
import { comeIn, oneEach, tried, wires, type Guest, type Wire } from './wires.ts'

/** How each silent guest on a wire ends. */
type Endings = readonly (readonly [at: string, heard: string])[]

let house: House
let silent: Promise<Endings>
let useless: Promise<Endings>
let expired: Promise<Endings>
let unfinished: Promise<unknown>

// Everybody is silent at the same time: what is waited for is the clock.
beforeAll(async () => {
  house = await openHouse({
    JIVE_PING_INTERVAL: '1s',
    JIVE_TIMEOUT: '5s',
    LOCALLIFE_PING_INTERVAL: '1s',
    LOCALLIFE_TIMEOUT: '5s',
    DCS_TIMEOUT: '5s',
    PLEDGE_TIMEOUT: '5s',
    CRASH_TIMEOUT: '5s',
    LIMITS_MAX_CONNECTIONS_PER_IP: '60',
  })
  const exp = Math.floor(Date.now() / 1_000) + 4
  expired = endings(wires.filter(hasToken), (wire) => comeIn(house, wire, { exp }))
  silent = endings(wires, (wire) => comeIn(house, wire))
  const head = handshakeOf('/jive/ws')
  unfinished = Promise.all(
    ['', 'G', head.slice(0, 20), head.slice(0, -2)].map(async (beginning) => {
      const socket = await plain(house.url(), beginning)
      while (!socket.gone) await Bun.sleep(50)
    }),
  )
  useless = endings(
    wires.filter(({ system }) => system === 'pledge'),
    async (wire) => {
      const one = await comeIn(house, wire)
      const babble = () => one.socket.send(frame(op.text, 'hello'), frame(op.pong), frame(op.ping))
      const timer = setInterval(babble, 500)
      void one.socket.closed().finally(() => clearInterval(timer))
      return one
    },
  )
})
afterAll(() => house?.close())

const hasToken = ({ system, at }: Wire) =>
  !['dcs', 'pledge'].includes(system) && !at.includes('spectator')

async function endings(some: readonly Wire[], enter: (wire: Wire) => Promise<Guest>) {
  return Promise.all(
    some.map(async (wire) => {
      const one = await enter(wire)
      await one.socket.closed()
      const heard = one.heard().filter((said) => !/^p[io]ng:/.test(said))
      return [wire.at, heard.map((said) => wire.codeOf(said) ?? said).join(' ')] as const
    }),
  )
}

test('who never answers a ping is closed with 4408, on pledge with a last word', async () => {
  const farewell = '{"code":-1,"data":"heartbeat timeout"} close:4408'
  expect(await silent).toEqual(
    wires.map(({ at, system }) => [at, system === 'pledge' ? farewell : 'close:4408']),
  )
  await house.unharmed()
})

test('pledge: other words, pongs and pings are no sign of life', async () => {
  for (const [, heard] of await useless) expect(heard).toEndWith('heartbeat timeout"} close:4408')
  await house.unharmed()
})

test('a connection ends with its token: 4401, on crash with the reason before it', async () => {
  expect(await expired).toEqual(
    wires
      .filter(hasToken)
      .map(({ at, system }) => [at, system === 'crash' ? 'UNAUTHORIZED close:4401' : 'close:4401']),
  )
  await house.unharmed()
})

test('handshakes that are broken off, refused or not waited for use up no place of their address', async () => {
  for (const wire of oneEach) {
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const { url, path } = await wire.enter(house)
          const asked = index % 4 === 0 ? `${path}?token=no&after=no&last_sequence=no` : path
          const socket = await plain(url, handshakeOf(asked))
          if (index % 4 === 1) socket.send(frame(op.text, wire.harmless))
          if (index % 4 === 2) socket.finish()
          if (index % 4 > 2) await socket.until(() => socket.status > 0 || socket.gone, 'answer')
          socket.reset()
        }),
      )
      while ((await house.metric('connections{')) > 5) await Bun.sleep(5)
    }
    expect(await tried(house, wire, [])).toEqual([])
  }
  // All places but those of the bystanders are free.
  const guests = await Promise.all(Array.from({ length: 55 }, () => comeIn(house, wires[1]!)))
  await expect(comeIn(house, wires[1]!)).rejects.toThrow('429')
  for (const { socket } of guests) socket.reset()
  await house.unharmed()
})

test('a handshake that is not finished ends by itself, wherever it stopped', async () => {
  await unfinished
  await house.unharmed()
})
