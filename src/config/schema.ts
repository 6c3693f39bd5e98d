import * as v from 'valibot'
import { isNetwork } from '../core/address.ts'
import {
  choice,
  count,
  duration,
  list,
  optionalText,
  setting,
  size,
  text,
  toggle,
  quoted,
  Fault,
} from './kinds.ts'
import { crash } from './crash.ts'
import { endpoint, listeners, systemNames } from './listen.ts'
import {
  bearerKey,
  pem,
  verifyingKey,
  verifyingKeys,
  secretText,
  signingSecret,
  signingSecrets,
} from './secrets.ts'

const MB = 1024 ** 2
const url = /^https?:\/\/\S+$/
const isSymbol = (text: string) => /^[A-Z0-9]{1,20}-[A-Z0-9]{1,20}$/.test(text)
// As browsers write it, or it would never match: lower case, and no port where it is the usual one.
const isOrigin = (text: string) =>
  /^https?:/.test(text)
    ? URL.canParse(text) && new URL(text).origin === text
    : /^[a-z][a-z0-9+.-]*:\/\/[^/\sA-Z]+$/.test(text)

const compression = toggle(
  false,
  'Deflate frames of 256 characters and more for clients that offer it',
)

const auth = v.object({
  secret: signingSecret('HS256 secret of all tokens, at least 32 bytes'),
  secrets: signingSecrets('HS256 secrets by key id (kid), to change them without an outage'),
  jwks_url: optionalText('Public keys of whoever signs the tokens', url, 'https://id.example/jwks'),
  issuer: optionalText('Required `iss` of tokens', /^.{1,512}$/, 'https://id.example'),
  audience: optionalText(
    'Required `aud` of tokens beside the name of the system',
    /^.{1,512}$/,
    'fanfare',
  ),
  max_span: duration('30d', 'Longest life of a token', '1s', '3650d'),
  jive: ownKeys('jive'),
  locallife: ownKeys('locallife'),
  crash: ownKeys('crash'),
})

/** Keys of one system alone, in place of the shared ones. */
function ownKeys(system: string) {
  return v.object({
    secret: signingSecret(`HS256 secret of the tokens of ${system} alone`),
    jwks_url: optionalText(
      `Public keys of the tokens of ${system} alone`,
      url,
      'https://id.example/jwks',
    ),
    audience: optionalText(
      `Required \`aud\` of tokens of ${system} in place of "${system}"`,
      /^.{1,512}$/,
      'our-app',
    ),
  })
}

const limits = v.object({
  max_connections: count(20_000, 'Connections in all, then 503'),
  max_connections_per_ip: count(1_000, 'Connections of one address (IPv6: /64), then 429'),
  handshakes_per_ip_per_minute: count(3_000, 'Handshakes of one address, then 429'),
  max_frame: size('1MB', 'Largest frame of a client, then close 1009', 1024, 64 * MB),
  trusted_proxies: list(
    'Addresses and ranges whose forwarded headers are believed',
    isNetwork,
    '10.0.0.0/8',
  ),
  origins: list('Origins browsers may come from; none: any', isOrigin, 'https://app.example'),
  max_spectators_per_ip: count(
    50,
    'Connections to crash of one address without a player, then 429',
  ),
  subscriptions: count(128, 'Topics of one connection', 2, 100_000),
  commands_per_second: count(
    50,
    'Commands of one user where a system names no rate; twice as many at once',
    1,
    1_000_000,
  ),
  max_backlog: size('1MB', 'Bytes waiting for a slow reader, then close 1013', 16 * 1024, 256 * MB),
  max_waiting: count(256, "Frames waiting in one client's turn", 1, 100_000),
  max_body: size('8MB', 'Largest body of an HTTP request, then 413', 1024, 1024 * MB),
})

const dcs = v.object({
  channel_ttl: duration('24h', 'Life of a listen channel', '1s', '30d'),
  rotation_grace: duration(
    '0s',
    'How long the old channel goes on after a new one is fetched',
    '0s',
  ),
  timeout: duration(
    '90s',
    'Silence after which a connection is closed; pinged three times in it',
    '3s',
  ),
  compression,
})

const locallife = v.object({
  ping_interval: duration('54s', 'Between two WebSocket pings of the server'),
  timeout: duration('60s', 'Silence after which a connection is closed'),
  json_ping: toggle(false, 'Send `{"type":"ping"}` too, for clients that show no WebSocket pings'),
  redeliver_after: duration('10s', 'Until a notice without acknowledgement is told again'),
  redeliver_times: count(3, 'How often it is told again while connected', 0, 100),
  notice_ttl: duration('30m', 'How long a notice waits for its acknowledgement'),
  payment_deadline: duration('15m', 'Until an unpaid order expires', '1s'),
  token_ttl: duration(
    '2h',
    'Life of a token from wechat-login, at most `auth.max_span`',
    '1m',
    '30d',
  ),
  token_secret: signingSecret('HS256 secret of its own tokens; `auth.secret` when absent'),
  wechat: v.object({
    base_url: text('https://api.weixin.qq.com', 'Where mini-program codes are checked', url),
    app_id: optionalText(
      'App id of the mini-program',
      /^[A-Za-z0-9_-]{1,64}$/,
      'wx0123456789abcdef',
    ),
    app_secret: secretText(
      'App secret of the mini-program',
      /^[\x21-\x7e]{1,128}$/,
      '1 to 128 visible ASCII characters',
    ),
  }),
  wechat_pay: v.object({
    mch_id: optionalText('Merchant id at WeChat Pay', /^[0-9]{1,32}$/, '1900000109'),
    api_v3_key: secretText('APIv3 key, 32 bytes', /^[\x20-\x7e]{32}$/, '32 ASCII characters'),
    public_key: verifyingKey('Public key or certificate of WeChat Pay, PEM or `file:/path`'),
    serial: optionalText(
      'Serial or id of `public_key`',
      /^[A-Za-z0-9_-]{1,64}$/,
      'PUB_KEY_ID_0119000001092024',
    ),
    public_keys: verifyingKeys('Further public keys or certificates of WeChat Pay by serial'),
  }),
  compression,
})

const pledge = v.object({
  symbols: list(
    'Symbols whose price is pushed, the first on the bare address',
    isSymbol,
    'PLGR-USDT',
    ['PLGR-USDT'],
  ),
  upstream_url: text(
    'https://api.kucoin.com',
    'REST address of the exchange (KuCoin); empty: no feed',
    /^(https?:\/\/\S+)?$/,
  ),
  timeout: duration('20s', "Time without a client's `ping` after which it is closed"),
  stale_after: duration('10s', 'Time without a price after which the last one is called stale'),
  required: toggle(false, 'Not ready while the exchange is out of reach'),
  compression,
})

/** Every setting: its default, its form, its sentence. File, environment, flags and docs follow from it. */
export const schema = v.object({
  listen: listeners(
    ['8080=*', '8012=jive', '8001=crash'],
    'Listeners, `[host:]port=systems`, systems comma separated or `*`',
  ),
  systems: systems(),
  internal: endpoint('127.0.0.1:9090', 'Listener of /metrics, /healthz and /readyz; empty: none'),
  pages: toggle(
    true,
    'Serve pages for people: /, /console, /crash and /crash/verify where crash runs, /play in development',
  ),
  docs: toggle(true, 'Serve /docs, /openapi.json and /asyncapi/SYSTEM.json'),
  data: v.object({
    dir: setting({ kind: 'text' }, './data', 'Folder of the database files', (value) => {
      if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value
      throw new Fault('Expected the path of a folder')
    }),
  }),
  auth,
  server_key: bearerKey('Server key with every scope, to begin with'),
  limits,
  store: v.object({
    queue_rows: count(100_000, 'Writes waiting for the disk, then 503', 100, 10_000_000),
    queue_bytes: size('64MB', 'Bytes of writes waiting for the disk, then 503', MB, 4096 * MB),
  }),
  history: v.object({
    retention: duration('30d', 'How long recorded messages are kept', '1m', '3650d'),
  }),
  server: v.object({
    drain: duration('10s', 'Time to say goodbye to all connections on SIGTERM', '0s', '1h'),
  }),
  tls: v.object({
    cert: pem('Certificate chain of the entries of `listen`, PEM or `file:/path`', false),
    key: pem('Private key of the certificate, PEM or `file:/path`', true),
  }),
  log: v.object({
    level: choice(
      ['trace', 'debug', 'info', 'warn', 'error'],
      'info',
      'Least important lines to write',
    ),
    format: choice(['auto', 'json', 'text'], 'auto', 'Form of the lines; auto: text on a terminal'),
  }),
  jive: v.object({
    ping_interval: duration('30s', 'Between two pings of the server'),
    timeout: duration('60s', 'Silence after which a connection is closed'),
    anonymous: toggle(false, 'Connections without a token, for load tests; with --dev only'),
    compression,
  }),
  dcs,
  locallife,
  pledge,
  crash: v.object({ ...crash.entries, compression }),
})

/** The systems that run: some of those of this build. */
function systems() {
  return setting({ kind: 'list' }, [...systemNames], 'Systems that run', (value, tell) => {
    if (!Array.isArray(value)) throw new Fault('Expected a list')
    value.forEach((entry: unknown, index) => {
      if ((systemNames as readonly unknown[]).includes(entry)) return
      tell(`Expected one of ${systemNames.join(', ')}, got ${quoted(entry)}`, index)
    })
    if (value.length === 0) throw new Fault('Expected at least one system')
    return value as readonly (typeof systemNames)[number][]
  })
}
