import { bodyOf, faultOf } from './call.js'
import { agent } from './session.js'

/**
 * A call of the account that is signed in, to a path of this server that no lexicon knows: GET, or POST where there is a body.
 * @throws Fault
 */
export async function own<Answer>(path: string, body?: object): Promise<Answer> {
  const init = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await agent.sessionManager.fetchHandler(path, init ?? {})
  if (!response.ok) throw await faultOf(response)
  return bodyOf<Answer>(response)
}
