import type { TestServer } from './server.js'

/** The Authorization header of the operator of a server whose `PDS_ADMIN_PASSWORD` is this. */
export function asOperator(password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }
}

/** The newest code that an account may have in its mail, as the operator sees it where there is no mail server. */
export async function codeFor(server: TestServer, account: string, password: string): Promise<string> {
  const response = await fetch(`${server.url}/admin/accounts/codes?account=${account}`, {
    headers: asOperator(password),
  })
  const { codes } = (await response.json()) as { codes: { code: string }[] }
  return codes[0]!.code
}
