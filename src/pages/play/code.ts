import { shellQuoted } from '../common/shell.ts'
import type { PlaySession } from './api.ts'
import { heartbeats, type Heartbeat } from './heartbeats.ts'
import type { Order } from './server.ts'

/** What code is made from. */
export interface Setup {
  /** `http://127.0.0.1:8080`. */
  readonly origin: string
  readonly session: PlaySession
  /** The frame to say once the line is open; null: none. */
  readonly frame: string | null
}

/** The kinds of code in their order; names are not translated. */
export const kinds = ['client.js', 'WebSocket', 'wscat', 'Dart', 'WeChat'] as const

/** One of them. */
export type CodeKind = (typeof kinds)[number]

/** The running setup as a program or a line of a shell. */
export function codeOf(kind: CodeKind, setup: Setup): string {
  switch (kind) {
    case 'client.js':
      return clientCode(setup)
    case 'WebSocket':
      return plainCode(setup)
    case 'wscat':
      return `${wscat(setup)}\n`
    case 'Dart':
      return dartCode(setup)
    case 'WeChat':
      return wechatCode(setup)
  }
}

/** The address of the socket. */
export function socketUrl({ origin, session }: Setup): string {
  return origin.replace(/^http/, 'ws') + session.path
}

/** The line of a shell that connects, says the frame, and listens for a minute. */
export function wscat({ frame, ...setup }: Setup): string {
  const says = frame === null ? '' : ` -w 60 -x ${shellQuoted(frame)}`
  return `npx wscat${insecure(setup.origin, ' --no-check')} -c ${shellQuoted(socketUrl({ frame, ...setup }))}${says}`
}

/** The line of a shell that makes a request. */
export function curl(origin: string, { method, path, bearer, body }: Order): string {
  return `curl${insecure(origin, ' -k')} -X ${method} ${origin}${path} -H ${shellQuoted(`Authorization: Bearer ${bearer}`)} -H 'Content-Type: application/json' -d ${shellQuoted(body)}`
}

/** The certificate of a development server is nobody's whom tools would trust. */
function insecure(origin: string, flag: string): string {
  return origin.startsWith('https') ? flag : ''
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}

/** A text of Dart, where a dollar sign would begin an expression. */
function dart(text: string): string {
  return quoted(text).replaceAll('$', '\\$')
}

function clientCode({ origin, session }: Setup): string {
  const { system, role, path, token } = session
  const base = origin.replace(/^http/, 'ws')
  const [address = ''] = path.split('?')
  const holder = system === 'dcs' ? address.slice(0, address.lastIndexOf('/')) : address
  const lines = [
    `url: ${quoted(base + holder)},`,
    ...(token === null ? [] : [`token: ${quoted(token)},`]),
    ...(system === 'dcs'
      ? [`channel: async () => ${quoted(address.split('/').at(-1) ?? '')},`]
      : []),
    ...(system === 'locallife' ? [`role: '${role === 'operator' ? 'platform' : role}',`] : []),
    'on: {',
    ...(handlers[system] ?? []).map((line) => `  ${line},`),
    '  state: ({ name }) => console.log(name),',
    '},',
  ]
  const body = lines.map((line) => `  ${line}\n`).join('')
  return `import { ${system} } from '${origin}/client.js'\n\nconst connection = ${system}({\n${body}})\n`
}

/** What the program tells of each system. */
const handlers: Readonly<Record<string, readonly string[]>> = {
  jive: [
    "Notification: ({ title, message }) => console.log('Notification', title, message)",
    "TransactionUpdate: ({ action, data }) => console.log('TransactionUpdate', action, data)",
    "AccountBalanceUpdate: ({ balance }) => console.log('AccountBalanceUpdate', balance)",
  ],
  dcs: ['message: ({ type, data }) => console.log(type, data)'],
  locallife: [
    "notification: ({ title, content }) => console.log('notification', title, content)",
    "order_update: ({ order_id, status }) => console.log('order_update', order_id, status)",
  ],
  pledge: ["price: (price) => console.log('price', price)"],
  crash: [
    "CRASH_PHASE_CHANGE: ({ phase }) => console.log('CRASH_PHASE_CHANGE', phase)",
    "CRASH_MULTIPLIER_UPDATE: ({ multiplier }) => console.log('multiplier', multiplier)",
    "BALANCE_UPDATE: ({ balance }) => console.log('BALANCE_UPDATE', balance)",
  ],
}

function plainCode(setup: Setup): string {
  const { frame, session } = setup
  const beat = heartbeats[session.system]
  const says = frame === null ? "console.log('open')" : `socket.send(${quoted(frame)})`
  const [begins, ends] = beating(beat, (text) => `socket.send(${text})`)
  return `const socket = new WebSocket(${quoted(socketUrl(setup))})
${begins}socket.addEventListener('open', () => ${says})
socket.addEventListener('message', ({ data }) => console.log(data))
socket.addEventListener('close', ({ code, reason }) => {
${ends}  console.log('closed', code, reason)
})
`
}

/** The lines that keep a connection alive where somebody has to, and those that stop it. */
function beating(beat: Heartbeat | undefined, send: (text: string) => string) {
  if (beat === undefined) return ['', ''] as const
  const says = send(quoted(beat.frame))
  return [
    `// The server closes connections on which nothing is said\nconst beat = setInterval(() => ${says}, ${beat.ms})\n`,
    '  clearInterval(beat)\n',
  ] as const
}

function dartCode(setup: Setup): string {
  const { frame, session } = setup
  const beat = heartbeats[session.system]
  const says = frame === null ? '' : `  channel.sink.add(${dart(frame)});\n`
  const [imports, begins, ends] =
    beat === undefined
      ? ['', '', '']
      : [
          "import 'dart:async';\n\n",
          `  final beat = Timer.periodic(const Duration(seconds: ${beat.ms / 1_000}), (_) {\n    channel.sink.add(${dart(beat.frame)});\n  });\n`,
          '      beat.cancel();\n',
        ]
  return `// dart pub add web_socket_channel
${imports}import 'package:web_socket_channel/web_socket_channel.dart';

Future<void> main() async {
  final channel = WebSocketChannel.connect(Uri.parse(${dart(socketUrl(setup))}));
  await channel.ready;
${says}${begins}  channel.stream.listen(
    print,
    onDone: () {
${ends}      print('closed \${channel.closeCode} \${channel.closeReason}');
    },
  );
}
`
}

function wechatCode(setup: Setup): string {
  const { frame, session } = setup
  const beat = heartbeats[session.system]
  const says = frame === null ? "console.log('open')" : `task.send({ data: ${quoted(frame)} })`
  const [begins, ends] = beating(beat, (text) => `task.send({ data: ${text} })`)
  return `const task = wx.connectSocket({ url: ${quoted(socketUrl(setup))} })
${begins}task.onOpen(() => ${says})
task.onMessage(({ data }) => console.log(data))
task.onError((error) => console.error(error))
task.onClose(({ code, reason }) => {
${ends}  console.log('closed', code, reason)
})
`
}
