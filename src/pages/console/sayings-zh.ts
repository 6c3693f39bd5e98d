import type { Sayings } from './sayings.ts'
import { settings } from './settings-zh.ts'

const unkept = '从未记录，或已超出保留期'

const reasons: Sayings['reasons'] = {
  recorded: ({ version, channel }) => `已记录为 ${channel} 的版本 ${version}`,
  version_not_kept: ({ version, channel }) => `没有保存 ${channel} 的版本 ${version}：${unkept}`,
  id_not_kept: ({ id }) => `此系统没有保存消息 ${id}：${unkept}`,
  connected: ({ user, connections }) => `${user} 当时已连接：${connections.join('、')}`,
  closed_not_known: () => '已关闭的连接没有这么早的记录',
  not_connected: ({ user, later }) =>
    `${user} 当时未连接到此节点，${later === 0 ? '此后也没有' : `此后有 ${later} 个连接`}`,
  nobody_to_ask: () => '没有已知的连接可供判断',
  not_listening: ({ channel }) => `这些连接都不监听 ${channel}，关闭时也没有`,
  not_listening_now: ({ channel }) =>
    `这些连接现在都不监听 ${channel}，关闭时也没有；当时是否监听没有记录`,
  always_listening: ({ user, channel, listening }) =>
    `${user} 有 ${listening} 个连接监听 ${channel}，或直到关闭仍在监听：从连接打开时起就监听`,
  listening_now: ({ user, channel, listening }) =>
    `${user} 有 ${listening} 个连接监听 ${channel}，或直到关闭仍在监听；从何时起没有记录`,
  told_live: () => '已实时发给仍打开的连接：不读取的连接会被关闭',
  told_if_listening: () => '如果当时已在监听，就已实时发出',
  told_if_arrived: () => '如果当时已在监听，就已实时发出；关闭前是否全部到达没有记录',
  past_not_kept: ({ system, later }) =>
    `就所知没有实时发出；此后有 ${later} 个连接，${system} 向其补发了哪些没有记录`,
  nobody_known: () => '没有已知的连接可以接收',
  nobody_there: () => '当时没有连接可以接收，此后也没有',
  told_again: ({ user, times }) => `${user} 在线期间已重新投递 ${times} 次`,
  got_by_acknowledging: () => '已确认，说明已收到',
  no_acknowledgements: ({ system }) => `${system} 的客户端不作确认`,
  not_in_inbox: ({ user }) => `没有放入 ${user} 的收件箱`,
  not_told_again_yet: () => '正在等待确认，尚未重新投递',
  waits: ({ times }) => `正在等待确认，已重新投递 ${times} 次`,
  acknowledged_or_dropped: () => '已不再等待：已确认，或因过期而丢弃',
  acknowledged: ({ user }) => `已不再等待：已确认，除非 ${user} 失去了相应的角色`,
  no_message: () => '没有这条消息，无从判断',
}

/** One symbol of the exchange: `PLGR-USDT 2 s old (stale)`. */
function priceText(told: string): string {
  return told
    .replace(/ without a price$/, ' 没有价格')
    .replace(/ (\d+) s old/, ' $1 秒前')
    .replace(' (stale)', '（过期）')
    .replace(/^(\d+) more$/, '另有 $1 个')
}

const prices = (told: string) => told.split(', ').map(priceText).join('，')

/** What the server says, in Chinese. */
export const sayings: Sayings = {
  reasons,
  settings,
  refusals: {
    INVALID_REQUEST: '请求有误',
    UNAUTHORIZED: '密钥、登录链接或会话无效',
    FORBIDDEN: '不允许此操作',
    NOT_FOUND: '不存在',
    CONFLICT: '当前状态下无法执行',
    IDEMPOTENCY_CONFLICT: '此幂等键已用于另一请求',
    HISTORY_GONE: '这部分历史已不再保留',
    PAYLOAD_TOO_LARGE: '内容过大',
    RATE_LIMITED: '过于频繁，请稍后再试',
    TOO_MANY_CONNECTIONS: '同时打开的实时视图过多，请稍后再试',
    INTERNAL_ERROR: '服务器内部错误，原因见日志',
    OVERLOADED: '服务器繁忙，未执行，请稍后再试',
    STORE_UNAVAILABLE: '磁盘暂时无法读写',
    HTTP: '答复不是来自 Fanfare，可能来自中间的代理',
    NONE: '没有收到服务器的答复',
  },
  origins: {
    default: '默认',
    development: '开发模式',
    environment: '环境变量',
    flag: '命令行',
    file: '配置文件',
  },
  checks: { store: '存储', broker: '消息代理', draining: '停机' },
  states: [
    [/^ok$/, () => '正常'],
    [/^draining$/, () => '正在停机'],
    [/^up; (.*)$/, (told = '') => `正常；${prices(told)}`],
    [/^off; (.*)$/, (told = '') => `未启用；${prices(told)}`],
    [
      /^down for (\d+) s(?: \((.*)\))?; (.*)$/,
      (seconds, why, told = '') =>
        `已中断 ${seconds} 秒${why === undefined ? '' : `（${why}）`}；${prices(told)}`,
    ],
    [/^The game has not opened yet$/, () => '游戏尚未开始'],
    [/^There is nothing to play$/, () => '没有可进行的局'],
    [/^No chain is committed yet$/, () => '尚未承诺任何链'],
    [/^Chain (\d+) waits for "(.+)"$/, (chain, command) => `链 ${chain} 等待加盐：${command}`],
    [/^Chain (\d+) gets its salt in a moment$/, (chain) => `链 ${chain} 即将加盐`],
    [
      /^Chain (\d+) waits for round (\d+) of the beacon drand$/,
      (chain, round) => `链 ${chain} 等待信标 drand 的第 ${round} 轮`,
    ],
  ],
}
