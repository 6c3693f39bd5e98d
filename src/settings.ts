import type { Config } from './config.ts'
import { createVerify, type TokenSource, type Verify, type VerifyOptions } from './core/auth.ts'
import type { Clock } from './core/clock.ts'
import type { GatewayLimits } from './core/gateway.ts'

/** The limits of gateway and hub, from the configuration. */
export function limitsOf({ limits, dev }: Config): GatewayLimits & { subscriptions: number } {
  return {
    maxConnections: limits.max_connections,
    maxConnectionsPerIp: limits.max_connections_per_ip,
    handshakesPerIpPerMinute: limits.handshakes_per_ip_per_minute,
    origins: limits.origins,
    loopbackExempt: dev,
    maxFrame: limits.max_frame,
    maxBacklog: limits.max_backlog,
    maxWaiting: limits.max_waiting,
    subscriptions: limits.subscriptions,
    commandsPerSecond: limits.commands_per_second,
    trustedProxies: limits.trusted_proxies,
  }
}

/** The verifier of tokens, with a key of its own for each system that has one. */
export function verifyOf(config: Config, clock: Clock): Verify {
  return createVerify(verifyOptionsOf(config), clock)
}

/** Whose tokens are taken, from the configuration. */
export function verifyOptionsOf({ auth, locallife }: Config): VerifyOptions {
  return {
    secrets: { ...auth.secrets, ...(auth.secret !== undefined && { '': auth.secret }) },
    maxSpan: auth.max_span,
    ...(auth.jwks_url !== undefined && { jwksUrl: auth.jwks_url }),
    ...(auth.issuer !== undefined && { issuer: auth.issuer }),
    ...(auth.audience !== undefined && { audience: auth.audience }),
    systems: {
      jive: ownKeys(auth.jive, undefined),
      locallife: ownKeys(auth.locallife, locallife.token_secret),
      crash: ownKeys(auth.crash, undefined),
    },
  }
}

/** The keys of one system alone. Beside a secret of somebody else's tokens, the one of its own has a name. */
function ownKeys(
  { secret, jwks_url, audience }: Config['auth']['jive'],
  ownSecret: string | undefined,
): TokenSource {
  const secrets = {
    ...(secret !== undefined && { '': secret }),
    ...(ownSecret !== undefined && { [secret === undefined ? '' : 'own']: ownSecret }),
  }
  return {
    ...(Object.keys(secrets).length > 0 && { secrets }),
    ...(jwks_url !== undefined && { jwksUrl: jwks_url }),
    ...(audience !== undefined && { audience }),
  }
}
