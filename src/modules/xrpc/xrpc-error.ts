/**
 * An error that a client is meant to see: `{"error", "message"}` with its HTTP status
 * (https://atproto.com/specs/xrpc#error-responses). `error` is the official name of the case.
 */
export class XrpcError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string = error,
    readonly headers?: Readonly<Record<string, string>>,
  ) {
    super(message)
    this.name = 'XrpcError'
  }
}

/** 400 with the given official error name, `InvalidRequest` unless told. */
export function invalidRequest(message: string, error = 'InvalidRequest'): XrpcError {
  return new XrpcError(400, error, message)
}

/** 401; clients refresh their session on `ExpiredToken` and sign in again on the others. */
export function unauthorized(message: string, error = 'AuthenticationRequired'): XrpcError {
  return new XrpcError(401, error, message)
}
