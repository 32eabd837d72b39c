/** What tests of the takeover of an official PDS begin with: its data, and a server that has taken its place. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adoptOfficial } from '../../../src/modules/cli/adopt-official-offline.js'
import { Config } from '../../../src/modules/config/config.js'
import type { AdoptedServer } from '../../../src/modules/migration/adopt-official.js'
import { readOfficialSettings } from '../../../src/modules/migration/official-settings.js'
import { cidOfOperation } from '../../../src/modules/identity/plc/operation.js'
import { TestServer } from '../../support/account-app.js'
import { facts, officialData } from '../../support/official-fixture.js'
import { PlcStub } from '../../support/plc-stub.js'

/** A data directory of the fixture, an empty one of ours, and a PLC directory that knows the people. */
export class Takeover {
  readonly official = officialData()
  readonly directory = mkdtempSync(join(tmpdir(), 'skylog-'))

  private constructor(readonly plc: PlcStub) {
    for (const { did, operation } of Object.values(facts.people))
      plc.logs.set(did, [{ did, operation, cid: cidOfOperation(operation), nullified: false, createdAt: facts.madeAt }])
  }

  static async prepare(): Promise<Takeover> {
    return new Takeover(await PlcStub.start())
  }

  /** The settings of the official PDS, as the server here is started with. */
  get settings(): Record<string, string> {
    return { ...readOfficialSettings(this.official.env).settings, PDS_DID_PLC_URL: this.plc.url }
  }

  adopt(
    env: string | null = this.official.env,
    blobs: string | null = null,
  ): Promise<AdoptedServer & { left: string[] }> {
    return adoptOfficial(
      { directory: this.official.data, env, blobs },
      (settings) => Config.fromEnv({ ...settings, PDS_DATA_DIRECTORY: this.directory, PDS_DID_PLC_URL: this.plc.url }),
      () => undefined,
    )
  }

  /** A server on what was adopted, right after the official one has stopped. */
  async start(): Promise<TestServer> {
    const server = await TestServer.start({ ...this.settings, PDS_PORT: '0' }, this.directory)
    server.advance(Date.parse(facts.madeAt) - Date.now())
    return server
  }

  async dispose(): Promise<void> {
    await this.plc.close()
    for (const path of [this.official.root, this.directory]) rmSync(path, { recursive: true, force: true })
  }
}
