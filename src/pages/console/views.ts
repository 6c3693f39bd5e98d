/** The views, in the order of their tabs. */
export const views = [
  'overview',
  'connections',
  'channels',
  'live',
  'deliveries',
  'crash',
  'logs',
  'configuration',
] as const

/** One of them. */
export type View = (typeof views)[number]
