/** A message of this system before it has a place: its type and its data as JSON text. */
export interface Event {
  readonly type: string
  readonly body: string
}

function event(type: string, data: Readonly<Record<string, unknown>>): Event {
  return { type, body: JSON.stringify(data) }
}

/** To the merchant whose order is paid, in the words of the original (L17). */
export const newOrderForMerchant = event('notification', {
  title: '新订单通知',
  content: '您有新的已支付订单，请及时处理',
})

/** To the riders of the region of a paid order, in the words of the original (L17). */
export const newOrderForRiders = event('notification', {
  title: '新订单',
  content: '您有新的推荐订单',
})

/** A consumer asks where the order is (L18). */
export function urged(order: string): Event {
  return event('notification', {
    title: '催单通知',
    content: `订单 ${order} 的顾客催单，请尽快处理`,
  })
}

/** The platform gives an order to one rider (L18). */
export function dispatched(order: string): Event {
  return event('notification', { title: '派单通知', content: `订单 ${order} 已派给您，请及时取货` })
}

/** How bad something is that the platform should know. */
export const levels = ['info', 'warning', 'critical'] as const
/** One of them. */
export type Level = (typeof levels)[number]

/** To the operators of the platform (L18). */
export function alert(title: string, content: string, level: Level): Event {
  return event('alert', { title, content, level })
}

/** To the platform: an order was not paid in time (L18). */
export function paymentTimeout(order: string): Event {
  return alert('支付超时', `订单 ${order} 未在期限内支付，已失效`, 'warning')
}

/** To the platform: the money of an order came after its time was over. */
export function latePayment(order: string): Event {
  return alert('失效订单到账', `订单 ${order} 失效后收到付款，已按已支付处理`, 'warning')
}

/** To the platform: money came that no order waits for. */
export function extraPayment(order: string, transaction: string): Event {
  return alert('重复付款', `订单 ${order} 又收到交易 ${transaction}，请核实并退款`, 'critical')
}

/** To the platform: an order is paid and its merchant has nobody who could be told. */
export function unattendedOrder(order: string): Event {
  const content = `订单 ${order} 已支付，但商户没有可通知的管理员，请人工处理`
  return alert('订单无人处理', content, 'critical')
}

/** To the platform: a payment fits no order; `fault` names what does not fit. */
export function refusedPayment(order: string, transaction: string, fault: string): Event {
  const content = `交易 ${transaction}（订单 ${order}）与本系统不符：${fault}，未入账`
  return alert('支付通知异常', content, 'critical')
}

/** To the platform: somebody sent a payment notification that is not taken for WeChat Pay's own, or cannot be read. */
export function refusedNotification(why: string): Event {
  return alert('支付通知被拒绝', `收到未通过校验的微信支付通知：${why}`, 'warning')
}
