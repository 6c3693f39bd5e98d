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
export type Level = 'info' | 'warning' | 'critical'

/** To the operators of the platform (L18). */
export function alert(title: string, content: string, level: Level): Event {
  return event('alert', { title, content, level })
}
