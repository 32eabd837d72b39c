/** An operation or a request that the directory refuses. `statusCode` is the HTTP status it does so with. */
export class PlcError extends Error {
  constructor(
    message: string,
    readonly statusCode: 400 | 404 | 410 = 400,
  ) {
    super(message)
    this.name = 'PlcError'
  }
}
