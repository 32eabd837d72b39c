import type { AtpAgent } from '@atproto/api'
import type { TestServer } from '../../support/server.js'

/** For servers of these tests. */
export const ADMIN_PASSWORD = 'operator-password'

/** A client that asks as the operator. */
export function operator(server: TestServer): AtpAgent {
  const agent = server.agent()
  agent.setHeader('authorization', `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`)
  return agent
}

/** Takes an account down, or shows it again. */
export async function takeDown(server: TestServer, did: string, applied: boolean): Promise<void> {
  await operator(server).com.atproto.admin.updateSubjectStatus({
    subject: { $type: 'com.atproto.admin.defs#repoRef', did },
    takedown: { applied },
  })
}
