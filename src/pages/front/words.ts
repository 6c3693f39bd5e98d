const en = {
  what: 'A realtime server: WebSocket systems over one core.',
  dev: 'It runs in development mode: for trying things out, not for production.',
  ways: {
    '/play': ['Playground', 'Be anybody in any system, say anything, see every frame.'],
    '/docs': ['Documents', 'Every route and every frame, with examples.'],
    '/crash': ['Crash', 'Play the game.'],
    '/crash/verify': ['Verify a round', 'Your browser recomputes a round of Crash.'],
    '/console': ['Console', 'For operators: watch and steer the server, with a server key.'],
  } as Readonly<Record<string, readonly [title: string, what: string]>>,
  running: 'Systems',
  addresses: 'WebSocket addresses on this host, after ws:// or, with TLS, wss://.',
  play: 'Try it',
  docs: 'Routes and frames',
  systems: {
    jive: 'Family finance: topics with permissions, transactions that push balances.',
    dcs: 'Private channels for the partners of a card platform.',
    locallife: 'Riders, merchants and the platform: notices until they are acknowledged.',
    pledge: 'The prices of an exchange, for every browser.',
    crash: 'A multiplier game for everybody at once.',
  } as Readonly<Record<string, string>>,
}

/** The words of the page. */
export type Words = typeof en

const zh: Words = {
  what: '实时服务器：同一核心上的多个 WebSocket 系统。',
  dev: '正以开发模式运行：仅供试用，不用于生产。',
  ways: {
    '/play': ['试验场', '扮演任一系统中的任何角色，发送任何命令，查看每一帧。'],
    '/docs': ['文档', '每个接口与每种帧，附示例。'],
    '/crash': ['Crash', '开始游戏。'],
    '/crash/verify': ['验证一局', '由您的浏览器重新计算 Crash 的一局。'],
    '/console': ['控制台', '供运维人员使用：凭服务器密钥查看并操作服务器。'],
  },
  running: '系统',
  addresses: '本主机上的 WebSocket 地址，前面加 ws://，使用 TLS 时加 wss://。',
  play: '试用',
  docs: '接口与帧',
  systems: {
    jive: '家庭记账：带权限的主题，交易发生时推送余额。',
    dcs: '面向发卡平台合作方的私有频道。',
    locallife: '骑手、商家与平台：通知在确认之前会一再送达。',
    pledge: '把交易所的价格送到每个浏览器。',
    crash: '所有人同局的倍数游戏。',
  },
}

/** The words by language. */
export const words: Readonly<Record<'en' | 'zh', Words>> = { en, zh }
