/** What the directory of identities says of the accounts here. */
import { SigningKey } from '../../../repo-engine/index.js'
import type { Database } from '../../database/database.js'
import { EmbeddedPlc } from '../../identity/plc/embedded-plc.js'
import { HttpPlc } from '../../identity/plc/http-plc.js'
import type { PlcData } from '../../identity/plc/operation.js'
import { type Check, NETWORK_MS } from '../check.js'
import { type Finding, note, ok, orElse, problem, reasonOf, warning } from '../finding.js'
import type { Patient } from '../patient.js'

/** Accounts whose identities are looked at, the newest ones. */
const SAMPLE = 5

export const PLC: Check[] = [
  {
    area: 'plc',
    where: 'here',
    applies: ({ plcUrl }) => plcUrl === null,
    run: async (patient) => (patient.database ? identities(patient, patient.database) : []),
  },
  {
    area: 'plc',
    where: 'outside',
    applies: ({ plcUrl }) => plcUrl !== null,
    run: async (patient, signal) => {
      const { config, database, fetch } = patient
      const found = [await directory(config.plcUrl!, fetch, signal)]
      if (found[0]!.severity === 'ok' && database) found.push(...(await identities(patient, database)))
      return found
    },
  },
]

async function directory(url: string, fetch: Patient['fetch'], signal: AbortSignal): Promise<Finding> {
  const advice =
    'Without it no account can be made or changed. Check PDS_DID_PLC_URL, and that this machine may connect to it.'
  try {
    const { status } = await fetch.fetch(`${url}/_health`, {
      trusted: true,
      timeoutMs: NETWORK_MS,
      redirects: 2,
      signal,
    })
    // Not every directory has that page; one that is in trouble says so.
    return status >= 500
      ? problem(`the directory ${url} answers with status ${status}`, advice)
      : ok(`the directory ${url} answers`)
  } catch (error) {
    return problem(`the directory ${url} cannot be reached: ${reasonOf(error)}`, advice)
  }
}

interface Account {
  did: string
  handle: string
  key: string
}

async function identities(patient: Patient, database: Database): Promise<Finding[]> {
  const { config, clock, fetch } = patient
  const plc = config.plcUrl === null ? new EmbeddedPlc(database, clock) : new HttpPlc(config.plcUrl, fetch)
  const accounts = await database.read.all<Account>(
    `SELECT account.did, account.handle, signing_key.public_key AS "key" FROM account
     JOIN repo ON repo.did = account.did JOIN signing_key ON signing_key.did = account.did
     WHERE repo.hosting = 'hosted' AND repo.status IS NULL AND account.did LIKE 'did:plc:%'
     ORDER BY account.created_at DESC LIMIT ${SAMPLE}`,
  )
  if (accounts.length === 0) return []
  const told = await Promise.all(accounts.map(async (account) => ({ account, data: await plc.data(account.did) })))
  const found = told.flatMap(({ account, data }) => identityFindings(account, data, patient))
  return orElse(
    [...found, ...rotationFindings(told, patient)],
    `the identities of the newest accounts (${accounts.length}) name this server and its keys`,
  )
}

function identityFindings(
  { did, handle, key }: Account,
  data: PlcData | null,
  { config, running }: Patient,
): Finding[] {
  const who = `${handle} (${did})`
  if (!data)
    return [
      problem(
        `the directory does not know ${who}`,
        'Check PDS_DID_PLC_URL: the identity was made in another directory, or its owner has ended it.',
      ),
    ]
  const found: Finding[] = []
  if (data.verificationMethods.atproto !== key)
    found.push(
      problem(
        `the identity of ${who} names another signing key: nobody believes its commits`,
        `skylog keys rotate --signing ${did}`,
      ),
    )
  const endpoint = data.services.atproto_pds?.endpoint
  // On localhost the port may be another each time.
  const url = running?.address.url ?? config.publicUrl()
  if (config.hostname !== 'localhost' && endpoint !== url)
    found.push(
      warning(
        `the identity of ${who} says that it is at ${endpoint ?? 'no server'}, not at ${url}`,
        'Check PDS_HOSTNAME; an account that has moved away can be deactivated here.',
      ),
    )
  if (!data.alsoKnownAs.includes(`at://${handle}`))
    found.push(
      warning(
        `the identity of ${who} does not name its handle`,
        `Set the handle again: com.atproto.admin.updateAccountHandle.`,
      ),
    )
  return found
}

/** Whether this server can still change the identities: where it can change none of them, its key is another one. */
function rotationFindings(
  told: readonly { account: Account; data: PlcData | null }[],
  { secrets }: Patient,
): Finding[] {
  if (!secrets) return []
  const own = secrets.plcRotationKeys.map((secret) => SigningKey.fromPrivate('k256', secret).didKey)
  const known = told.filter(({ data }) => data !== null)
  const without = known.filter(({ data }) => !own.some((key) => data!.rotationKeys.includes(key)))
  if (without.length === 0) return []
  const names = without.map(({ account }) => account.handle).join(', ')
  const text = `the rotation key of this server is in no operation of ${names}: it cannot change these identities`
  if (without.length < known.length)
    return [note(text, 'Their owners may want that: they can put it back, or change their handles themselves.')]
  return [
    warning(
      text,
      'Put back the secrets.json, or the PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX, that they were made with.',
    ),
  ]
}
