/** What a followed host, or whoever passes on what hosts say, tells of accounts: their status, their names, their keys. */
import { CommandBus } from '@nestjs/cqrs'
import { AdoptAccount } from '../../../src/modules/account/sign-up/adopt-account.js'
import { accountFrame, identityFrame } from '../../../src/modules/commit-log/frame.js'
import { Database } from '../../../src/modules/database/database.js'
import { Takedowns } from '../../../src/modules/moderation/takedowns.js'
import { ImportRepo } from '../../../src/modules/repo/import-repo.js'
import { eventOf, type ForeignAccount, post } from './foreign-account.js'
import { frameOf, HostileHost, type Reply } from './hostile-host.js'
import { expectMirrored, mirrored, mirrorOf, partOf, stateOf, until } from './mirroring.js'
import { Tampering } from './tampering.js'

/** The name of what keeps a repository from being given out; null: nothing does. */
async function refusal({ server }: Tampering, { did }: ForeignAccount): Promise<string | null> {
  const response = await fetch(`${server.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
  return response.status === 200 ? null : ((await response.json()) as { error: string }).error
}

async function handleIn({ server }: Tampering, { did }: ForeignAccount): Promise<string> {
  return (await server.agent().app.bsky.actor.getProfile({ actor: did })).data.handle
}

describe('43. a host tells of its own accounts', () => {
  let to: Tampering
  beforeAll(async () => (to = await Tampering.start()))
  afterAll(() => to.stop())

  it.each([
    ['deactivated', 'RepoDeactivated'],
    ['suspended', 'RepoSuspended'],
    ['takendown', 'RepoTakendown'],
  ])('%s: it is given to nobody, nothing is taken, and all of it comes with its return', async (status, error) => {
    const account = await to.newAccount()
    to.host.statuses.set(account.did, status)
    await to.tell(accountFrame(account.did, status))
    expect(await refusal(to, account)).toBe(error)
    const before = await stateOf(to.server)
    await to.tell(eventOf(account.post('not to be seen')))
    expect(await stateOf(to.server)).toBe(before)
    to.host.statuses.delete(account.did)
    await to.tell(accountFrame(account.did, null))
    await expectMirrored(to.server, account)
    await to.expectFollowed(account)
  })

  it('deleted: nothing of it is here any more, and it may come back', async () => {
    const account = await to.newAccount()
    to.host.accounts.delete(account.did)
    await to.tell(accountFrame(account.did, 'deleted'))
    expect(await refusal(to, account)).toBe('RepoNotFound')
    to.host.accounts.set(account.did, account)
    account.post('back')
    await to.tell(eventOf(account.head))
    await expectMirrored(to.server, account)
  })

  it.each(['throttled', 'desynchronized', 'on holiday'])('%s: that says nothing of the account', async (status) => {
    const account = await to.newAccount()
    const before = await stateOf(to.server)
    await to.tell(accountFrame(account.did, status))
    expect(await stateOf(to.server)).toBe(before)
    await to.expectFollowed(account)
  })

  it('what was not told because the log is gone, is found out when the host is looked through', async () => {
    const [back, gone] = [await to.newAccount(), await to.newAccount()]
    await to.tell(accountFrame(back.did, 'deactivated'))
    back.post('while nobody heard')
    to.host.statuses.set(gone.did, 'takendown')
    to.host.welcome = (socket) => {
      socket.send(frameOf({ op: 1, t: '#info' }, { name: 'OutdatedCursor' }))
      return false
    }
    to.host.hangUp()
    await until('both are as they are there', async () => {
      return (await refusal(to, back)) === null && (await refusal(to, gone)) === 'RepoTakendown'
    })
    to.host.welcome = () => false
    await to.caughtUp()
    await expectMirrored(to.server, back)
    await to.expectFollowed(back)
  })

  it('what the operator has taken down stays so whatever the host says, and is followed again when it is shown', async () => {
    const account = await to.newAccount()
    const takeDown = (applied: boolean): Promise<void> =>
      partOf(to.server, Database).write((tx) => partOf(to.server, Takedowns).set(tx, account.did, { applied }))
    await takeDown(true)
    const before = await stateOf(to.server)
    for (const status of [null, 'deactivated', null]) await to.tell(accountFrame(account.did, status))
    await to.tell(eventOf(account.post('not to be seen')))
    expect(await stateOf(to.server)).toBe(before)
    expect(await refusal(to, account)).toBe('RepoTakendown')
    await takeDown(false)
    await to.expectFollowed(account)
  })

  it('a key that was rotated counts as soon as its commits come, and the old one no more', async () => {
    const account = await to.newAccount()
    const old = account.key
    account.rotate()
    await to.expectFollowed(account)
    const before = await stateOf(to.server)
    await to.tell(eventOf(account.draft({ [account.path()]: post('by the old key') }, { key: old })))
    expect(await stateOf(to.server)).toBe(before)
    await to.expectFollowed(account)
  })

  it('a key that was rotated is the only one as soon as the host says that the identity has changed', async () => {
    const account = await to.newAccount()
    const old = account.key
    account.rotate()
    await to.tell(identityFrame(account.did, account.handle))
    const before = await stateOf(to.server)
    to.host.emit(eventOf(account.draft({ [account.path()]: post('by the old key') }, { key: old })))
    await until('the host is asked, whose head is by the old key too', async () => {
      return (await mirrorOf(to.server, account.did))!.attempts > 0
    })
    expect(await stateOf(to.server)).toBe(before)
    // It will be asked again; what comes before that, and follows on what is here, is taken.
    await to.expectFollowed(account)
  })

  it('a handle is what the document and the handle say, not what the host says', async () => {
    const account = await to.newAccount()
    expect(await handleIn(to, account)).toBe(account.handle)
    await to.tell(identityFrame(account.did, 'bsky.app'))
    expect(await handleIn(to, account)).toBe(account.handle)
    account.identify({ alsoKnownAs: ['at://renamed.example.com'] })
    await to.tell(identityFrame(account.did, 'renamed.example.com'))
    expect(await handleIn(to, account)).toBe('handle.invalid')
  })

  it('a handle of this server is no stranger’s, though his own host confirms it', async () => {
    const alice = await to.server.signUp('alice')
    const account = await to.newAccount()
    account.identify({ alsoKnownAs: ['at://alice.test'] })
    to.host.replies.set('resolveHandle', (response) => response.end(JSON.stringify({ did: account.did })))
    await to.tell(identityFrame(account.did, 'alice.test'))
    to.host.replies.clear()
    expect(await handleIn(to, account)).toBe('handle.invalid')
    const { data } = await to.server.agent().app.bsky.actor.getProfile({ actor: 'alice.test' })
    expect(data.did).toBe(alice.assertDid)
  })

  it('a directory that does not answer takes no handle away', async () => {
    const account = await to.newAccount()
    to.plc.down = true
    await to.tell(identityFrame(account.did, account.handle))
    to.plc.down = false
    expect(await handleIn(to, account)).toBe(account.handle)
  })

  it('of an account that is not here nothing is noted', async () => {
    const account = to.unheard()
    const before = await stateOf(to.server)
    await to.tell(identityFrame(account.did, account.handle))
    for (const status of ['deactivated', 'deleted', null]) await to.tell(accountFrame(account.did, status))
    expect(await stateOf(to.server)).toBe(before)
  })

  it('deleted by its old host while it is being adopted: what is taken over here is not the old host’s to delete', async () => {
    const account = await to.newAccount()
    to.plc.mood = 'lose-operation'
    const adoption = partOf(to.server, CommandBus).execute(
      new AdoptAccount({
        did: account.did,
        handle: 'adopted.test',
        email: 'adopted@example.com',
        password: 'adopted-password',
        rotationKey: account.rotationKey.exportPrivate().toString('hex'),
      }),
    )
    await expect(adoption).rejects.toThrow()
    to.host.accounts.delete(account.did)
    await to.tell(accountFrame(account.did, 'deleted'))
    to.plc.mood = 'good'
    const adopted = to.server.agent()
    await until('it is adopted', () =>
      adopted.login({ identifier: 'adopted.test', password: 'adopted-password' }).then(
        () => true,
        () => false,
      ),
    )
    await adopted.post({ text: 'still here' })
    expect((await adopted.getAuthorFeed({ actor: account.did })).data.feed).toHaveLength(7)
  })

  it('two commits at once upon a repository that was archived here are both taken', async () => {
    const account = to.unheard()
    const car = (async function* () {
      yield account.car()
    })()
    await partOf(to.server, CommandBus).execute(
      new ImportRepo(car, { did: account.did, hosting: 'archived', key: null }),
    )
    // The host has nothing that is not here: the repository is looked at, and left as it is.
    await to.tell(eventOf(account.head))
    to.host.emit(eventOf(account.post('one')))
    to.host.emit(eventOf(account.post('two')))
    await to.caughtUp()
    await expectMirrored(to.server, account)
  })
})

describe('43. a relay tells of accounts of other hosts', () => {
  let to: Tampering
  let home: HostileHost
  let account: ForeignAccount
  beforeAll(async () => {
    to = await Tampering.start({ relay: true })
    home = await HostileHost.start()
  })
  beforeEach(async () => {
    account = to.unheard(home.url)
    home.accounts.set(account.did, account)
    await to.tell(eventOf(account.head))
    await expectMirrored(to.server, account)
  })
  afterAll(async () => {
    await to.stop()
    await home.close()
  })

  it('their commits, which are their own word', () => to.expectFollowed(account))

  it.each(['deleted', 'takendown', 'deactivated'])('%s: only if their own hosts say so', async (status) => {
    const before = await stateOf(to.server)
    await to.tell(accountFrame(account.did, status))
    expect(await stateOf(to.server)).toBe(before)
    await to.expectFollowed(account)
    if (status === 'deleted') home.accounts.delete(account.did)
    else home.statuses.set(account.did, status)
    await to.tell(accountFrame(account.did, status))
    expect(await mirrored(to.server, account)).toBeNull()
  })

  it.each<[string, Reply]>([
    ['nothing', (response) => response.destroy()],
    ['a web page', (response) => response.end('<html>This domain is for sale</html>')],
    ['an object without a word of it', (response) => response.end('{}')],
    ['another error', (response) => response.writeHead(500).end('{"error":"InternalServerError"}')],
  ])('deleted, and their own hosts say %s: that is no answer', async (_, reply) => {
    home.replies.set('getRepoStatus', reply)
    const before = await stateOf(to.server)
    await to.tell(accountFrame(account.did, 'deleted'))
    expect(await stateOf(to.server)).toBe(before)
    home.replies.clear()
    await to.expectFollowed(account)
  })
})
