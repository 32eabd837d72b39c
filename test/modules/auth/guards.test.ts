import type { ExecutionContext } from '@nestjs/common'
import { AdminGuard } from '../../../src/modules/auth/guards.js'
import { type AuthenticatedRequest, requireFullAccess, type Viewer } from '../../../src/modules/auth/viewer.js'
import type { Secrets } from '../../../src/modules/config/secrets.js'

const contextOf = (authorization?: string) => {
  const request = { headers: { authorization } } as AuthenticatedRequest
  const context = { switchToHttp: () => ({ getRequest: () => request }) } as unknown as ExecutionContext
  return { request, context }
}
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('AdminGuard', () => {
  const guard = new AdminGuard({ adminPassword: 'p:ss wörd' } as Secrets)

  it('lets the operator in', () => {
    expect(guard.canActivate(contextOf(basic('admin:p:ss wörd')).context)).toBe(true)
  })

  it.each([
    ['nothing', undefined],
    ['no password', basic('admin')],
    ['an empty password', basic('admin:')],
    ['a longer password', basic('admin:p:ss wörd!')],
    ['another user', basic('root:p:ss wörd')],
    ['the password as a token', 'Bearer p:ss wörd'],
    ['no base64', 'Basic %%%'],
  ])('keeps out who shows %s', (_, header) => {
    expect(() => guard.canActivate(contextOf(header).context)).toThrow(
      expect.objectContaining({ status: 401, error: 'AuthenticationRequired' }),
    )
  })
})

it('some methods are for owners in person', () => {
  const viewer: Viewer = { did: 'did:plc:a' as never, scope: 'com.atproto.access', sessionId: 's', status: null }
  expect(() => requireFullAccess(viewer)).not.toThrow()
  expect(() => requireFullAccess({ ...viewer, scope: 'com.atproto.appPassPrivileged' })).toThrow('Bad token scope')
})
