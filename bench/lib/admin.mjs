const PASSWORD = 'bench-admin-password'

/** Settings of a server that {@link askAdmin} may ask. */
export const ADMIN = { PDS_ADMIN_PASSWORD: PASSWORD }

/** What a server answers its operator: to a POST of `body`, or to a GET. @throws Error for what is not a success */
export async function askAdmin({ url }, path, body) {
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`
  const post = { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(`${url}${path}`, {
    ...(body && post),
    headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`)
  return text
}
