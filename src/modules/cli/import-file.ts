import { createReadStream, statSync } from 'node:fs'
import type { INestApplicationContext } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { DecodedCommit, Did } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { signingKeyOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { type ImportedRepo, ImportRepo } from '../repo/import-repo.js'
import { readRepo } from '../repo/repo-row.js'
import { offline } from './offline.js'
import { type Progress, startProgress } from './progress.js'
import { documentWithin } from './signature.js'

/**
 * Imports a CAR file into the data directory: as the repository of `did`, or of whoever it is.
 * @throws as the handler of {@link ImportRepo}; Error when a server runs on the data directory
 */
export function importFile(file: string, did: Did | null, config: Config): Promise<ImportedRepo> {
  return offline(config, (app) => importInto(app, file, did))
}

async function importInto(app: INestApplicationContext, file: string, did: Did | null): Promise<ImportedRepo> {
  const resolver = app.get(DidResolver, { strict: false })
  const current = did && (await readRepo(app.get(Database, { strict: false }).read, did))
  const hosting = current?.hosting ?? 'archived'
  const keys = app.get(SigningKeys, { strict: false })
  const key = did && hosting === 'hosted' ? () => keys.get(did) : null
  let progress = startProgress('Reading', statSync(file).size)
  const stored = (records: number, total: number): void => progress.to(records, total)
  // A repository that is signed anew belongs to the account whoever signed it before.
  const signedBy = async (commit: DecodedCommit): Promise<string | null> => {
    progress.end()
    progress = startProgress('Storing', 0, 'records')
    if (key) return null
    const document = await documentWithin(resolver, commit.did)
    return document && signingKeyOf(document)
  }
  try {
    const source = readFile(file, progress)
    const command = new ImportRepo(source, { did, hosting, key, signedBy, onProgress: stored })
    return await app.get(CommandBus, { strict: false }).execute(command)
  } finally {
    progress.end()
  }
}

async function* readFile(file: string, progress: Progress): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    yield chunk
    progress.to((read += chunk.length))
  }
}
