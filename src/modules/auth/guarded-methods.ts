import { invalidToken } from './tokens.js'
import { hasPrivilegedAccess, type Viewer } from './viewer.js'

/** Methods that are asked of this server itself, in person: nobody calls them by a service token, or through a proxy. */
const PROTECTED = new Set([
  'com.atproto.admin.sendEmail',
  'com.atproto.identity.requestPlcOperationSignature',
  'com.atproto.identity.signPlcOperation',
  'com.atproto.identity.updateHandle',
  'com.atproto.server.activateAccount',
  'com.atproto.server.confirmEmail',
  'com.atproto.server.createAppPassword',
  'com.atproto.server.deactivateAccount',
  'com.atproto.server.getAccountInviteCodes',
  'com.atproto.server.listAppPasswords',
  'com.atproto.server.requestAccountDelete',
  'com.atproto.server.requestEmailConfirmation',
  'com.atproto.server.requestEmailUpdate',
  'com.atproto.server.revokeAppPassword',
  'com.atproto.server.updateEmail',
])

/** By this an account moves to another server. */
export const CREATE_ACCOUNT = 'com.atproto.server.createAccount'

const CHAT = 'chat.bsky.'

/** Whether a method is for the account's own server alone. */
export function isProtectedMethod(nsid: string): boolean {
  return PROTECTED.has(nsid)
}

/** Whether calling a method elsewhere needs full or privileged access: reading chats, and moving out. */
export function isPrivilegedMethod(nsid: string): boolean {
  return nsid.startsWith(CHAT) || nsid === CREATE_ACCOUNT
}

/** For a call that is passed on to another service in the viewer's name. @throws XrpcError 400 InvalidToken. */
export function requireCallElsewhere(viewer: Viewer, nsid: string): void {
  if (isProtectedMethod(nsid) || (isPrivilegedMethod(nsid) && !hasPrivilegedAccess(viewer)))
    throw invalidToken('Bad token method')
}
