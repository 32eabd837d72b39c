/** What a server says against a call: the words for people, and the name of the error for the program. */
export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
  ) {
    super(message)
  }

  /** It may be another matter in a while: nobody has answered, or the server had no answer for now. */
  get mayPass(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }

  /** What any thrown value says. Errors of the client library carry `status` and `error` as well. */
  static of(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown
    const { status = 0, error = 'Unknown', message, cause } = thrown as Partial<Fault> & { cause?: unknown }
    if (isUnreachable(thrown) || isUnreachable(cause))
      return new Fault(0, 'Unreachable', 'The server does not answer. Is it running, and are you online?')
    return new Fault(status, error, message || error)
  }
}

/** Each browser has words of its own for it. */
function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof TypeError && /fetch|network|load failed/i.test(thrown.message)
}
