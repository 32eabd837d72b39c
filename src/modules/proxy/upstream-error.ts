import { XrpcError } from '../xrpc/xrpc-error.js'

/** What went wrong between the two servers, and is no word of the other one's. */
export const UPSTREAM_FAILURE = 'UpstreamFailure'

/** 502: no answer, or none that can be used. */
export function unreachable(): XrpcError {
  return new XrpcError(502, UPSTREAM_FAILURE, 'Upstream service unreachable')
}

/** The error that an answer of a status of 400 or more is here: the service's own, where its body says one. */
export function errorOf(status: number, body: Buffer, headers?: Record<string, string>): XrpcError {
  // What broke there has not broken here.
  const shown = status === 500 ? 502 : status
  try {
    const { error, message } = JSON.parse(body.toString()) as Record<string, unknown>
    if (typeof error === 'string')
      return new XrpcError(shown, error, typeof message === 'string' ? message : undefined, headers)
  } catch {
    // Not the answer of an XRPC server.
  }
  return new XrpcError(502, UPSTREAM_FAILURE, `Upstream service answered with status ${status}`)
}
