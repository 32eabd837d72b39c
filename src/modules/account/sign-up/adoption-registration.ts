import { Injectable } from '@nestjs/common'
import type { Did, Handle, SigningKey } from '../../../repo-engine/index.js'
import { Database, type Reader, type Tx } from '../../database/database.js'
import type { PlcUpdate } from '../../identity/plc/operation.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { type Finish, GivenUp, Outbox } from '../../outbox/outbox.js'
import { assertErased } from '../../repo/erase-repo.js'
import { readRepo } from '../../repo/repo-row.js'
import { RepoTips } from '../../repo/repo-tips.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { AccountGenesis } from './account-genesis.js'
import { explain } from './account-registration.js'
import type { NewAccount } from '../accounts.js'
import { AdoptedIdentities } from './adopted-identity.js'

const KIND = 'adopt-account'

/** The operation is signed: whatever signed it need not be kept. */
interface Adoption {
  did: Did
  handle: Handle
  operation: PlcUpdate
}

/**
 * Turns repositories that are kept here into accounts. The account is reserved and the operation promised in one write, the
 * directory is told, and one more write makes the repository the account's. The outbox between them knows after a crash
 * what is missing, whether the directory is outside or in this very database.
 */
@Injectable()
export class AdoptionRegistration {
  constructor(
    private readonly database: Database,
    private readonly identities: AdoptedIdentities,
    private readonly genesis: AccountGenesis,
    private readonly tips: RepoTips,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<Adoption>(KIND, (adoption, _, end) => this.submit(adoption, end))
  }

  /**
   * @throws XrpcError 400 when the handle, the email address or the DID is taken, or as {@link assertAdoptable}; 502 when the
   * directory does not answer: the account is there as soon as it does. PlcError when it refuses: nothing has changed.
   */
  async register(account: NewAccount, key: SigningKey, operation: PlcUpdate): Promise<void> {
    const { did, handle } = account
    const id = await this.database.write(async (tx) => {
      await this.genesis.reserve(tx, account, key)
      await assertAdoptable(tx, did)
      return this.outbox.add(tx, KIND, { did, handle, operation } satisfies Adoption)
    })
    await this.outbox.perform(id).catch(explain)
  }

  private async submit({ did, handle, operation }: Adoption, end: (finish: Finish) => Promise<void>): Promise<void> {
    let key: SigningKey
    try {
      key = await this.identities.register(did, operation)
    } catch (error) {
      if (error instanceof PlcError) throw new GivenUp(error, async (tx) => void (await this.genesis.cancel(tx, did)))
      throw error
    }
    // Nobody formats a commit, or takes one in, on a head that is about to change hands.
    await this.tips.alone(did, async () => {
      await this.genesis.prepareAdoption(did)
      await end(async (tx) => {
        await this.genesis.adopt(tx, did, handle, key)
        await leavePeers(tx, did)
      })
    })
  }
}

/** What is hosted here is not had from others any more; who has been sent it goes on being sent it. */
async function leavePeers(tx: Tx, did: Did): Promise<void> {
  await tx.run('DELETE FROM mirror WHERE did = ?', did)
  await tx.run("DELETE FROM peer_repo WHERE did = ? AND peer IN (SELECT id FROM peer WHERE direction <> 'push')", did)
}

/**
 * Whether a DID has a repository here that may become an account; whatever its old host has said of its status, that one
 * is gone. @throws XrpcError 400 RepoNotFound, AlreadyExists, AccountTakedown; 409 ErasureInProgress
 */
export async function assertAdoptable(reader: Reader, did: Did): Promise<void> {
  const repo = await readRepo(reader, did)
  assertErased(repo)
  if (!repo) throw invalidRequest(`There is no repository of ${did} here: mirror it or import it first`, 'RepoNotFound')
  if (repo.hosting === 'hosted') throw invalidRequest(`${did} has its account here already`, 'AlreadyExists')
  if (repo.status === 'takendown' || (await reader.get('SELECT 1 FROM takedown WHERE subject = ?', did)))
    throw invalidRequest(`${did} is taken down here: show it again first`, 'AccountTakedown')
}
