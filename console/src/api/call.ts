import { Fault } from './fault.js'

export type Params = Record<string, string | number | boolean | readonly string[] | undefined>

/** A path with its query. Parameters that are undefined are left out; lists are repeated. */
export function withQuery(path: string, params: Params = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params))
    for (const one of Array.isArray(value) ? (value as string[]) : [value as string | number | boolean | undefined])
      if (one !== undefined && one !== '') query.append(name, String(one))
  return query.size > 0 ? `${path}?${query}` : path
}

/** A call to this server; the answer is JSON, or nothing. @throws Fault with what the server says against it */
export async function call<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(path, init).catch((error: unknown) => {
    throw Fault.of(error)
  })
  if (!response.ok) throw await faultOf(response)
  return bodyOf<Answer>(response)
}

/** A query that anybody may ask. @throws Fault */
export function query<Answer>(nsid: string, params?: Params): Promise<Answer> {
  return call(withQuery(`/xrpc/${nsid}`, params))
}

/** The JSON of an answer; undefined where it has no body. */
export async function bodyOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as Answer
}

/** What a response that is no success says. */
export async function faultOf(response: Response): Promise<Fault> {
  const body = (await response.json().catch(() => ({}))) as { error?: string; message?: string }
  return new Fault(response.status, body.error ?? 'Unknown', body.message ?? `The server answered ${response.status}`)
}
