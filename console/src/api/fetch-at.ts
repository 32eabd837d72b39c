/**
 * A `fetch` whose calls all go to one server, whichever the identity of the account names: clients follow that, and here it may
 * be the name of a port that was, or of the server that the account is about to leave.
 */
export function fetchAt(origin: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.origin === origin) return fetch(request)
    // A body that is passed on unread would be sent as a stream, for which HTTP/1 has no way.
    const body = /^(GET|HEAD)$/.test(request.method) ? undefined : await request.arrayBuffer()
    const { method, headers, signal } = request
    return fetch(origin + url.pathname + url.search, { method, headers, signal, body })
  }
}
