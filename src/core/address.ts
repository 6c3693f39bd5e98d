/** Where an HTTP request comes from, like `clientAddress`; `env` is what the server handed over with it. */
export function requestAddress(request: Request, env: unknown, trusted: readonly string[]): string {
  const { server } = env as {
    readonly server?: { requestIP(request: Request): { readonly address: string } | null }
  }
  const peer = server?.requestIP(request)?.address ?? ''
  return clientAddress(peer, request.headers, trusted)
}

/** Whose request it is: the peer, or behind trusted proxies the right-most address of X-Forwarded-For that is not one of them. `trusted` holds addresses, ranges (`10.0.0.0/8`, `fd00::/8`) and `loopback`. A hop that is no address ends the walk. */
export function clientAddress(peer: string, headers: Headers, trusted: readonly string[]): string {
  const address = plain(peer)
  if (trusted.length === 0) return address
  const forwarded = headers.get('x-forwarded-for')
  if (forwarded === null || !isTrusted(address, trusted)) return address
  return rightmost(forwarded, address, trusted)
}

/** What limits per address count by: an IPv4 address, or the /64 of an IPv6 address, since a client has all of it. */
export function limitKey(address: string): string {
  if (!address.includes(':')) return address
  const groups = parse(address)
  if (groups === null) return address
  if (isMapped(groups)) return dotted(groups)
  const prefix = groups.slice(0, 4).map((group) => group.toString(16))
  return `${prefix.join(':')}::/64`
}

/** Whether the address is of this machine itself: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  const groups = parse(address)
  return groups !== null && loopback.some((network) => contains(network, groups))
}

/** Whether the text can stand in a list of trusted proxies: an address, a range, or `loopback`. */
export function isNetwork(text: string): boolean {
  return text === 'loopback' || parseNetwork(text) !== null
}

/** Eight groups of 16 bits; IPv4 stands in ::ffff:0:0/96. */
type Groups = readonly number[]

interface Network {
  readonly groups: Groups
  readonly bits: number
}

const loopback: readonly Network[] = [
  { groups: [0, 0, 0, 0, 0, 0xffff, 0x7f00, 0], bits: 104 },
  { groups: [0, 0, 0, 0, 0, 0, 0, 1], bits: 128 },
]

function rightmost(forwarded: string, peer: string, trusted: readonly string[]): string {
  let client = peer
  let end = forwarded.length
  while (end >= 0) {
    const comma = end === 0 ? -1 : forwarded.lastIndexOf(',', end - 1)
    const hop = forwarded.slice(comma + 1, end).trim()
    if (parse(hop) === null) return client
    client = plain(hop)
    if (comma === -1 || !isTrusted(client, trusted)) return client
    end = comma
  }
  return client
}

const parsed = new WeakMap<readonly string[], readonly Network[]>()

function isTrusted(address: string, trusted: readonly string[]): boolean {
  let networks = parsed.get(trusted)
  if (networks === undefined) {
    networks = trusted.flatMap(networksOf)
    parsed.set(trusted, networks)
  }
  const groups = parse(address)
  return groups !== null && networks.some((network) => contains(network, groups))
}

function networksOf(text: string): readonly Network[] {
  if (text === 'loopback') return loopback
  const network = parseNetwork(text)
  if (network === null) throw new Error(`"${text}" is no address range`)
  return [network]
}

function parseNetwork(text: string): Network | null {
  const [address = '', length, ...rest] = text.split('/')
  const groups = parse(address)
  if (groups === null || rest.length > 0) return null
  const width = address.includes(':') ? 128 : 32
  if (length === undefined) return { groups, bits: 128 }
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > width) return null
  return { groups, bits: 128 - width + Number(length) }
}

function contains({ groups, bits }: Network, address: Groups): boolean {
  for (let index = 0; index < 8; index++) {
    const left = bits - 16 * index
    if (left <= 0) return true
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff
    if ((((groups[index] ?? 0) ^ (address[index] ?? 0)) & mask) !== 0) return false
  }
  return true
}

function plain(address: string): string {
  if (!/:ffff:/i.test(address)) return address
  const groups = parse(address)
  return groups !== null && isMapped(groups) ? dotted(groups) : address
}

function isMapped(groups: Groups): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
}

function dotted(groups: Groups): string {
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')
}

function parse(address: string): Groups | null {
  if (!address.includes(':')) {
    const low = parseV4(address)
    return low === null ? null : [0, 0, 0, 0, 0, 0xffff, ...low]
  }
  const [head = '', tail, ...more] = address.split('::')
  if (more.length > 0) return null
  const left = parseGroups(head, tail === undefined)
  const right = tail === undefined ? [] : parseGroups(tail, true)
  if (left === null || right === null) return null
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  return [...left, ...Array.from({ length: missing }, () => 0), ...right]
}

/** The groups between colons; the last two may be written like IPv4 at the very end. */
function parseGroups(text: string, last: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const low = last && index === parts.length - 1 ? parseV4(part) : null
    if (low === null) return null
    groups.push(...low)
  }
  return groups
}

const octet = '(0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])'
const v4 = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`)

function parseV4(text: string): [number, number] | null {
  const match = v4.exec(text)
  if (match === null) return null
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1).map(Number)
  return [(a << 8) | b, (c << 8) | d]
}
