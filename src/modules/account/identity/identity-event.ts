import type { Did, Handle } from '../../../repo-engine/index.js'
import type { NewEvent } from '../../commit-log/commit-log.js'
import { identityFrame } from '../../commit-log/frame.js'

/** The identity of an account, be it a new one or the same, for the log. */
export function identityEvent(did: Did, handle: Handle): NewEvent {
  return {
    did,
    kind: 'identity',
    rev: null,
    cid: null,
    event: null,
    frame: identityFrame(did, handle),
    detail: { handle },
  }
}
