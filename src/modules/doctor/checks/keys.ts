/** Whether the keys of the accounts can be opened with the secret that is here. */
import { openKey } from '../../identity/sealed-key.js'
import { type Check, ofThose, ofDatabase, throughPages } from '../check.js'
import { counted, type Finding, note, ok, problem, reasonOf } from '../finding.js'

interface Row {
  did: string
  sealed: Buffer
}

export const KEYS: Check[] = [
  ofDatabase('keys', async ({ read }, { secrets, config }, signal) => {
    if (!secrets)
      return [
        problem(
          `there are no secrets to open the signing keys with in ${config.dataDirectory}`,
          'Put back the secrets.json that belongs to this database.',
        ),
      ]
    const key = secrets.keyEncryptionKey
    const shut: { did: string; why: string }[] = []
    const seen = await throughPages<Row>(
      (after, limit) =>
        read.all<Row>(
          'SELECT did, sealed FROM signing_key WHERE did > ? ORDER BY did LIMIT ?',
          after?.did ?? '',
          limit,
        ),
      ({ did, sealed }) => {
        try {
          openKey(key, did, sealed).fill(0)
        } catch (error) {
          shut.push({ did, why: reasonOf(error) })
        }
      },
      signal,
    )
    if (seen.seen === 0) return []
    if (shut.length === 0) return [ok(`the signing keys can be opened, ${ofThose(seen, 'account')}`)]
    const advice =
      'Put back the secrets.json that belongs to this database, or set PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX to its keyEncryptionKey.'
    return [
      problem(
        `${shut.length} of ${counted(seen.seen, 'signing key')} cannot be opened, among them that of ${shut[0]!.did}`,
        advice,
      ),
    ]
  }),
  ofDatabase('keys', async ({ read }) => {
    const without = await read.all<{ did: string }>(
      `SELECT did FROM repo WHERE hosting = 'hosted' AND coalesce(status, '') <> 'deleted'
         AND NOT EXISTS (SELECT 1 FROM signing_key WHERE signing_key.did = repo.did) LIMIT 5`,
    )
    if (without.length === 0) return []
    const dids = without.map(({ did }) => did).join(', ')
    return [
      problem(
        `accounts without a signing key, which cannot write: ${dids}`,
        `skylog keys rotate --signing ${without[0]!.did}`,
      ),
    ]
  }),
  {
    area: 'keys',
    where: 'here',
    run: async ({ secrets }): Promise<Finding[]> => {
      const former = (secrets?.plcRotationKeys.length ?? 1) - 1
      if (former === 0) return []
      return [
        note(
          `${counted(former, 'former rotation key')} kept, because identities may still name it`,
          'skylog keys rotate --rotation --all',
        ),
      ]
    },
  },
]
