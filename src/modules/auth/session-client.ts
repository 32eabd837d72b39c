import type { FastifyRequest } from 'fastify'

/** By what somebody recognises a session as his own: what the client has said of itself, and where it was. */
export interface SessionClient {
  userAgent: string | null
  address: string | null
}

const MAX_USER_AGENT = 256
/** An IPv6 address with its zone. */
const MAX_ADDRESS = 64

/** Who has sent a request: its User-Agent, cut off where it is long, and its address. */
export function clientOf(request: Pick<FastifyRequest, 'headers' | 'ip'>): SessionClient {
  // Control characters would be somebody else's terminal or log.
  const userAgent = request.headers['user-agent']?.replace(/\p{Cc}/gu, ' ').slice(0, MAX_USER_AGENT)
  return { userAgent: userAgent || null, address: request.ip?.slice(0, MAX_ADDRESS) || null }
}
