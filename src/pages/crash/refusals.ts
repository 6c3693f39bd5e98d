import { grouped } from './money.ts'
import type { Note } from './view.ts'

type Sentences = Readonly<Record<string, (details: Readonly<Record<string, string>>) => string>>

const en: Sentences = {
  UNAUTHORIZED: () => 'You are not logged in any more.',
  INSUFFICIENT_BALANCE: ({ required, available }) =>
    `That takes ${required}, and your balance is ${available}.`,
  INVALID_AMOUNT: ({ limit, message }) =>
    limit === undefined ? 'This is no amount that can be bet.' : `${message}.`,
  INVALID_PHASE: () => 'Too late for this round: bets are closed.',
  BET_NOT_FOUND: () => 'There is no such bet any more.',
  ALREADY_CASHED_OUT: () => 'This bet is cashed out already.',
  ROUND_ENDED: () => 'Too late: the round had crashed.',
  MAX_BETS_EXCEEDED: () => 'This slot is taken in this round.',
  INVALID_MULTIPLIER: ({ highest }) =>
    `Cashing out by itself takes a multiplier from 1.01 ${highest === undefined ? 'on' : `to ${highest}`}.`,
  RATE_LIMITED: () => 'That was too fast; try again in a moment.',
  INTERNAL_ERROR: () => 'The server could not do that. Your balance shows what was done.',
  INVALID_REQUEST: ({ message }) => `The server did not understand: ${message}`,
  TIMEOUT: () => 'No answer came. Your balance shows what was done.',
  CLOSED: () => 'The connection ended before an answer came.',
  NO_AMOUNT: () => 'Enter an amount.',
  MULTIPLIER_FORM: () => 'Write the multiplier as 2.50: in digits, with two decimals at most.',
  REPEAT_STOPPED: () => 'No more bets by itself: the balance is too low.',
}

/** How the server's sentences about a limit begin. */
const bounds = [
  ['A bet is at least', '每注至少'],
  ['A bet is at most', '每注至多'],
  ['A bet wins at most', '每注最多可赢'],
] as const

const zh: Sentences = {
  UNAUTHORIZED: () => '您已不在登录状态。',
  INSUFFICIENT_BALANCE: ({ required, available }) => `需要 ${required}，而余额为 ${available}。`,
  INVALID_AMOUNT: ({ limit, message = '' }) => {
    if (limit === undefined) return '此金额不能投注。'
    const bound = bounds.find(([start]) => message.startsWith(start))
    return bound === undefined ? '本局所有投注合计可赢的金额已到上限。' : `${bound[1]} ${limit}。`
  },
  INVALID_PHASE: () => '本局已停止投注。',
  BET_NOT_FOUND: () => '此投注已不存在。',
  ALREADY_CASHED_OUT: () => '此投注已经兑现。',
  ROUND_ENDED: () => '太晚了：本局已崩盘。',
  MAX_BETS_EXCEEDED: () => '本局此投注位已被占用。',
  INVALID_MULTIPLIER: ({ highest }) =>
    highest === undefined
      ? '自动兑现倍数须从 1.01 起。'
      : `自动兑现倍数须在 1.01 至 ${highest} 之间。`,
  RATE_LIMITED: () => '操作太快，请稍后再试。',
  INTERNAL_ERROR: () => '服务器未能完成。请以余额为准。',
  INVALID_REQUEST: ({ message }) => `服务器未能理解：${message}`,
  TIMEOUT: () => '没有收到答复。请以余额为准。',
  CLOSED: () => '收到答复前连接已结束。',
  NO_AMOUNT: () => '请输入金额。',
  MULTIPLIER_FORM: () => '倍数请写成 2.50 这样的数字，最多两位小数。',
  REPEAT_STOPPED: () => '已停止自动投注：余额不足。',
}

const sentences = { en, zh }

/** Says in a sentence why something was refused; what has no words here is told as the server said it. */
export function sentenceOf(
  { code, details, message }: Note,
  language: keyof typeof sentences,
): string {
  const amounts = Object.entries(details).map(([name, value]) => [name, grouped(String(value))])
  const said = {
    ...Object.fromEntries(amounts),
    message: message.replace(/"([^"]*)"/g, (_, text: string) => grouped(text)),
  }
  return sentences[language][code]?.(said) ?? message
}
