import type { AtpAgent } from '@atproto/api'

export interface Answer {
  status: number
  headers: Headers
  bytes: Buffer
  /** The answer as JSON; an empty object where it is none. */

  json: any
}

export interface Call {
  params?: Record<string, string | number | boolean | string[]>
  /** Sent as JSON; text and bytes are sent as they are. */
  body?: unknown
  /** Who asks: a signed-in client, or a token. */
  as?: AtpAgent | string
  headers?: Record<string, string>
  method?: string
}

/** One XRPC request as it goes over the wire, with no client library to put it right. POST if it has a body. */
export async function call({ url }: { url: string }, nsid: string, options: Call = {}): Promise<Answer> {
  const { body } = options
  const target = new URL(`/xrpc/${nsid}`, url)
  for (const [name, value] of Object.entries(options.params ?? {}))
    for (const one of Array.isArray(value) ? value : [value]) target.searchParams.append(name, String(one))
  const headers: Record<string, string> = { ...options.headers }
  const token = typeof options.as === 'object' ? options.as.session?.accessJwt : options.as
  if (token !== undefined) headers.authorization ??= `Bearer ${token}`
  const raw = typeof body === 'string' || body instanceof Uint8Array
  if (body !== undefined) headers['content-type'] ??= 'application/json'
  const response = await fetch(target, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    body: raw ? (body as BodyInit) : body === undefined ? undefined : JSON.stringify(body),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, bytes, json: jsonOf(bytes) }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return {}
  }
}
