import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common'
import { CommitLog } from '../../modules/commit-log/commit-log.js'
import { Changes } from '../../modules/database/changes.js'
import { Database } from '../../modules/database/database.js'
import { INLINE, readPosition } from '../position.js'
import { Projector } from '../projector.js'
import { ALONE, Rebuild } from './rebuild.js'
import { readVersions, writeVersions } from './rebuild-row.js'
import { type Progress, Replay } from './replay.js'

/** How often the log says how far it has come. */
const LINE_MS = 5_000

/** Before the server answers anyone, the tables are of this version, and say what the log says. */
@Injectable()
export class CatchUp implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Projections')

  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly projector: Projector,
    private readonly rebuild: Rebuild,
    private readonly changes: Changes,
  ) {}

  async onModuleInit(): Promise<void> {
    const { read } = this.database
    const last = await read.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM commit_log')
    const versions = await readVersions(read)
    const { definitions } = this.projector
    const stale = definitions.filter(({ name, version }) => versions[name] !== version).map(({ name }) => name)
    if (!last?.seq) {
      const current = Object.fromEntries(definitions.map(({ name, version }) => [name, version]))
      if (stale.length > 0) await this.database.write((tx) => writeVersions(tx, current))
      return
    }
    const isBehind = (await readPosition(read, INLINE)) < last.seq
    if (stale.length > 0) await this.replaced(isBehind ? [] : stale)
    else if (isBehind) await this.caughtUp()
  }

  /** Goes on with a rebuild that somebody has asked for, and drops what others have left, while the server is serving. */
  onApplicationBootstrap(): void {
    this.rebuild.resume()
  }

  private async replaced(names: readonly string[]): Promise<void> {
    this.logger.log(`Rebuilding ${names.length > 0 ? names.join(', ') : 'all projections'} from the log`)
    const { events, seconds } = await this.rebuild.run(names, { pace: ALONE, onProgress: this.lines() })
    this.logger.log(`Rebuilt from ${events} events in ${seconds.toFixed(1)} s`)
  }

  private async caughtUp(): Promise<void> {
    const all = this.projector.among(new Set(this.projector.definitions.map(({ name }) => name)))
    const replay = new Replay(this.log, all, INLINE)
    const tell = this.lines()
    while (!(await this.database.write((tx) => replay.slice(tx, ALONE.sliceMs)))) tell(replay.progress)
    await this.database.write(async (tx) => this.changes.touch(tx, null))
    this.logger.log('The projections have caught up with the log')
  }

  private lines(): (progress: Progress) => void {
    let next = performance.now() + LINE_MS
    return ({ done, total }) => {
      if (performance.now() < next) return
      next = performance.now() + LINE_MS
      this.logger.log(`${done} of ${total} events, ${Math.floor((done / total) * 100)} %`)
    }
  }
}
