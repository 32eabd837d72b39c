import { TidClock } from '../../../src/repo-engine/index.js'
import { ask, carOf, NOTE, type Owner, Refused } from '../../durability/load.js'
import type { Chance } from '../../projections/random-records.js'
import type { MortalServer } from './mortal-server.js'
import { repositoryOf } from './repositories.js'

const COLLECTIONS = [NOTE, 'app.bsky.feed.post', 'app.bsky.feed.like', 'com.example.a.long.name.for.few.records']
const MOST = 40
const POST = {
  uri: 'at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jt5tsfbx2s2a',
  cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
}

interface Operation {
  action: 'create' | 'update' | 'delete'
  path: string
}

/** Writes to one repository by chance, batch after batch, whatever becomes of the server. */
export class RandomWriter {
  /** Operations that were acknowledged. */
  operations = 0
  imports = 0
  private paths: string[] = []
  private made = 0
  private readonly tids = new TidClock(Date.now)

  constructor(
    private readonly server: MortalServer,
    readonly owner: Owner,
    private readonly chance: Chance,
    /** Chance that the next thing is an import of a whole repository. */
    private readonly importing = 0,
  ) {}

  /**
   * Until `stop` says so, or the account is no more; before each batch it waits for `ready`. @throws Refused for any other
   * refusal
   */
  async run(stop: () => boolean, ready: () => Promise<void>): Promise<void> {
    for (await ready(); !stop(); await ready())
      try {
        if (this.chance.is(this.importing)) await this.import()
        else await this.write()
      } catch (error) {
        if (error instanceof Refused) {
          if (
            /AccountNotFound|RepoNotFound|InvalidToken|ExpiredToken|AuthMissing|AuthenticationRequired/.test(
              error.message,
            )
          )
            return
          throw error
        }
        // Whether it has been done, nobody knows. What is there now does.
        await this.server.running()
        this.paths = [...((await repositoryOf(this.server, this.owner.did))?.records.keys() ?? [])]
      }
  }

  private async write(): Promise<void> {
    const operations = this.batch(1 + this.chance.below(MOST))
    const writes = operations.map(({ action, path }) => {
      const [collection, rkey] = path.split('/') as [string, string]
      const value = action === 'delete' ? undefined : this.record(collection)
      return { $type: `com.atproto.repo.applyWrites#${action}`, collection, rkey, value }
    })
    const { did: repo, accessJwt } = this.owner
    await ask(this.server.url, 'com.atproto.repo.applyWrites', { repo, writes }, accessJwt)
    const deleted = new Set(operations.filter(({ action }) => action === 'delete').map(({ path }) => path))
    this.paths = this.paths.filter((path) => !deleted.has(path))
    this.paths.push(...operations.filter(({ action }) => action === 'create').map(({ path }) => path))
    this.operations += operations.length
  }

  /** Each path once at most. */
  private batch(size: number): Operation[] {
    const free = new Set(this.paths)
    return Array.from({ length: size }, (): Operation => {
      const action = this.chance.of(['create', 'create', 'update', 'delete'] as const)
      const path = action === 'create' || free.size === 0 ? null : this.chance.of(this.paths)
      if (path === null || !free.delete(path)) {
        const collection = COLLECTIONS[this.chance.is(0.02) ? 3 : this.chance.below(3)]!
        this.made++
        const rkey = collection.startsWith('app.bsky.') ? this.tids.next() : `${this.chance.below(1_000)}-${this.made}`
        return { action: 'create', path: `${collection}/${rkey}` }
      }
      return { action: action as 'update' | 'delete', path }
    })
  }

  private record(collection: string): object {
    const [text, createdAt] = [`${this.made} ${this.chance.next()}`, new Date().toISOString()]
    return collection === COLLECTIONS[2]
      ? { $type: collection, subject: POST, createdAt }
      : { $type: collection, text, createdAt }
  }

  private async import(): Promise<void> {
    const { did, accessJwt } = this.owner
    await ask(this.server.url, 'com.atproto.repo.importRepo', carOf(did, this.made++, 60), accessJwt)
    this.paths = [...(await repositoryOf(this.server, did))!.records.keys()]
    this.imports++
  }
}
