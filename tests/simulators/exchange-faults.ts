/** Everything that can go wrong with a simulated exchange: what it does, and its amount where one is given none. */
export const faults = {
  'no-welcome': { amount: 1, does: 'Sockets are accepted and never welcomed' },
  'late-welcome': { amount: 3_000, does: 'Sockets are welcomed that many ms late' },
  'no-ack': { amount: 1, does: 'Subscriptions are neither confirmed nor served' },
  drop: { amount: 3, does: 'Sockets are cut after that many prices' },
  stall: { amount: 1, does: 'Half open: sockets are accepted, and none says anything ever again' },
  'no-pong': { amount: 1, does: 'Pings get no pong, prices go on' },
  malformed: { amount: 1, does: 'Before each price comes a frame that is none' },
  rubbish: { amount: 1, does: 'In place of prices come frames that are none' },
  'huge-frame': { amount: 16, does: 'Before each price comes a frame of that many MB' },
  repeat: { amount: 1, does: 'Each price comes twice, and an older one after it' },
  burst: { amount: 1_000, does: 'That many prices a second' },
  'begin-anew': { amount: 1, does: 'Sequences begin at one again, once' },
  error: { amount: 500, does: 'Subscriptions are answered with an error of that code' },
  'token-once': { amount: 1, does: 'A token that is used again is over (401)' },
  'token-over': { amount: 1, does: 'Every token is over when it is used (401)' },
  'token-500': { amount: 1, does: 'The token is answered with 500' },
  'token-429': {
    amount: 30,
    does: 'The token is answered with 429, Retry-After that many seconds',
  },
  'token-garbage': { amount: 1, does: 'The token is answered with what holds none' },
  'token-huge': { amount: 64, does: 'The answer with the token has that many MB' },
  'token-hang': { amount: 1, does: 'The token is asked for and no answer comes' },
  'dead-server': { amount: 1, does: 'One of the two servers that come with the token is dead' },
  refused: { amount: 5_000, does: 'Connections are refused for that many ms' },
} as const

/** Names a fault of a simulated exchange. */
export type FaultName = keyof typeof faults

/** Whether this is the name of a fault. */
export function isFault(name: unknown): name is FaultName {
  return typeof name === 'string' && Object.hasOwn(faults, name)
}

/** The faults an exchange has at the moment, each with its amount. */
export type Faults = Map<FaultName, number>
