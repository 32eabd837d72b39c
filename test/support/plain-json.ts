/** The endpoints that no lexicon knows. */
import type { Answer } from './account-app.js'

/** A session token, or `admin:<password>` of the operator. */
type Credentials = string

/** GET without a body, else POST. */
export async function plainJson<Body = Record<string, unknown>>(
  url: string,
  credentials: Credentials | null,
  body?: unknown,
): Promise<Answer<Body>> {
  const headers: Record<string, string> = {}
  if (credentials !== null)
    headers.authorization = credentials.startsWith('admin:')
      ? `Basic ${Buffer.from(credentials).toString('base64')}`
      : `Bearer ${credentials}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as Body }
}
