import { readdirSync, readFileSync } from 'node:fs'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { formatDocument } from '../../../src/modules/identity/plc/document.js'
import { formatGenesis, formatTombstone, formatUpdate, withHandle } from '../../../src/modules/identity/plc/genesis.js'
import { dataOf, validateAppend, validateLog, type IndexedOperation } from '../../../src/modules/identity/plc/log.js'
import {
  cidOfOperation,
  didOfGenesis,
  signOperation,
  stateOf,
  type PlcOperation,
  type PlcUpdate,
} from '../../../src/modules/identity/plc/operation.js'
import { PlcError } from '../../../src/modules/identity/plc/plc-error.js'
import { checkIncoming } from '../../../src/modules/identity/plc/shape.js'

const folder = new URL('../../fixtures/plc/audit_log/', import.meta.url)

function readLog(path: string): IndexedOperation[] {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as IndexedOperation[]
}

describe('audit logs of the public directory', () => {
  it.each(readdirSync(new URL('valid/', folder)))('%s holds', (file) => {
    const entries = readLog(`valid/${file}`)
    const last = entries.findLast(({ nullified }) => !nullified)!
    expect(validateLog(last.did, entries)).toEqual(dataOf(last.did, last.operation))
  })

  const flaws: Record<string, RegExp> = {
    'log_invalid_nullification_reused_key.json': /Invalid signature/,
    'log_invalid_nullification_too_slow.json': /72 hr recovery window/,
    'log_invalid_sig_b64_newline.json': /Invalid signature/,
    'log_invalid_sig_b64_padding_bits.json': /Invalid signature/,
    'log_invalid_sig_b64_padding_chars.json': /Invalid signature/,
    'log_invalid_sig_der.json': /Invalid signature/,
    'log_invalid_sig_k256_high_s.json': /Invalid signature/,
    'log_invalid_sig_p256_high_s.json': /Invalid signature/,
    'log_invalid_update_nullified.json': /not correctly ordered/,
    'log_invalid_update_tombstoned.json': /not correctly ordered/,
  }
  it('has a flaw named for every invalid one', () => {
    expect(readdirSync(new URL('invalid/', folder)).sort()).toEqual(Object.keys(flaws))
  })
  it.each(Object.entries(flaws))('%s is refused: %s', (file, flaw) => {
    const entries = readLog(`invalid/${file}`)
    expect(() => validateLog(entries[0]!.did, entries)).toThrow(flaw)
    expect(() => validateLog(entries[0]!.did, entries)).toThrow(PlcError)
  })

  it('does not hold when anything in it is touched', () => {
    const entries = readLog('valid/log_nullification.json')
    const { did } = entries[0]!
    const touched = (change: (log: IndexedOperation[]) => void) => {
      const log = structuredClone(entries)
      change(log)
      return () => validateLog(did, log)
    }
    expect(touched((log) => (log[1]!.cid = log[0]!.cid))).toThrow(/not the one of/)
    expect(touched((log) => (log[1]!.did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'))).toThrow(/another DID/)
    expect(touched((log) => (log[1]!.createdAt = '2001-01-01T00:00:00.000Z'))).toThrow(/order of time/)
    expect(touched((log) => (log[0]!.createdAt = 'yesterday'))).toThrow(/order of time/)
    expect(touched((log) => log.forEach((entry) => (entry.nullified = false)))).toThrow(/nullified/)
    expect(touched((log) => log.shift())).toThrow(/not correctly ordered/)
    expect(touched((log) => (log.length = 0))).toThrow(/empty/)
  })

  it('renders the legacy form as the directory does', () => {
    const [{ did, operation }] = readLog('valid/log_legacy_dholms.json') as [IndexedOperation]
    expect(didOfGenesis(operation)).toBe(did)
    expect(formatDocument(dataOf(did, operation)!)).toEqual({
      '@context': [
        'https://www.w3.org/ns/did/v1',
        'https://w3id.org/security/multikey/v1',
        'https://w3id.org/security/suites/secp256k1-2019/v1',
      ],
      id: did,
      alsoKnownAs: ['at://dan.bsky.social'],
      verificationMethod: [
        {
          id: `${did}#atproto`,
          type: 'Multikey',
          controller: did,
          publicKeyMultibase: 'zQ3shP5TBe1sQfSttXty15FAEHV1DZgcxRZNxvEWnPfLFwLxJ',
        },
      ],
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://bsky.social' }],
    })
  })
})

describe('a log of our own', () => {
  const owner = SigningKey.generate('p256')
  const server = SigningKey.generate()
  const stranger = SigningKey.generate()
  const identity = {
    handle: 'alice.test',
    signingKey: SigningKey.generate().didKey,
    rotationKey: server,
    recoveryKeys: [owner.didKey],
    pdsUrl: 'https://pds.example.com',
  }
  const genesis = formatGenesis(identity)
  const start = new Date('2026-01-01T00:00:00.000Z')
  const hours = (count: number) => new Date(start.getTime() + count * 3_600_000)

  function entry(operation: PlcOperation, createdAt = start): IndexedOperation {
    const cid = cidOfOperation(operation)
    return { did: genesis.did, operation, cid, nullified: false, createdAt: createdAt.toISOString() }
  }

  it('begins with the keys of the owner before that of the server', () => {
    expect(genesis.did).toMatch(/^did:plc:[a-z2-7]{24}$/)
    expect(genesis.op.rotationKeys).toEqual([owner.didKey, server.didKey])
    expect(validateAppend(genesis.did, [], genesis.op, start)).toEqual({ nullified: [], prev: null })
    checkIncoming(genesis.op)
  })

  it('refuses a genesis that makes another DID, names a prev, or is signed by nobody in it', () => {
    expect(() =>
      validateAppend(didOfGenesis(formatGenesis({ ...identity, handle: 'b.test' }).op), [], genesis.op, start),
    ).toThrow(/does not match DID/)
    expect(() => validateAppend(genesis.did, [], { ...genesis.op, prev: 'x' }, start)).toThrow(/ordered/)
    expect(() => validateAppend(genesis.did, [], { ...genesis.op, alsoKnownAs: [] }, start)).toThrow(/signature/)
    expect(() => validateAppend(genesis.did, [], formatTombstone(genesis.op, server), start)).toThrow(/ordered/)
  })

  it('changes handles and leaves other aliases', () => {
    const op = formatUpdate(
      genesis.op,
      { alsoKnownAs: ['https://alice.example', 'at://alice.test', 'at://old.test'] },
      server,
    )
    expect(handleUpdate(op, 'new.test', server).alsoKnownAs).toEqual([
      'https://alice.example',
      'at://new.test',
      'at://old.test',
    ])
    expect(handleUpdate(op, 'old.test', server).alsoKnownAs).toEqual(['https://alice.example', 'at://old.test'])
    const bare = formatUpdate(genesis.op, { alsoKnownAs: [] }, server)
    expect(handleUpdate(bare, 'new.test', server).alsoKnownAs).toEqual(['at://new.test'])
  })

  it('lets the owner take back what the server did, for 72 hours, and not the other way round', () => {
    const log = [entry(genesis.op), entry(handleUpdate(genesis.op, 'evil.test', server), hours(1))]
    const recovery = formatUpdate(genesis.op, { rotationKeys: [owner.didKey] }, owner)
    expect(validateAppend(genesis.did, log, recovery, hours(73)).nullified).toEqual([log[1]!.cid])
    expect(() => validateAppend(genesis.did, log, recovery, hours(73.001))).toThrow(/72 hr/)
    const byOwner = [log[0]!, entry(handleUpdate(genesis.op, 'mine.test', owner), hours(1))]
    expect(() => validateAppend(genesis.did, byOwner, formatUpdate(genesis.op, {}, server), hours(2))).toThrow(
      /signature/,
    )
    expect(() => validateAppend(genesis.did, log, formatUpdate(genesis.op, {}, stranger), hours(2))).toThrow(
      /signature/,
    )
  })

  it('ends with a tombstone, unless that is taken back', () => {
    const tombstone = formatTombstone(genesis.op, server)
    const log = [entry(genesis.op), entry(tombstone, hours(1))]
    expect(validateLog(genesis.did, log)).toBeNull()
    expect(() => formatUpdate(tombstone, {}, owner)).toThrow(/tombstoned/)
    const { sig: _, ...unsigned } = genesis.op
    const after = signOperation<PlcUpdate>({ ...unsigned, prev: cidOfOperation(tombstone) }, owner)
    expect(() => validateAppend(genesis.did, log, after, hours(2))).toThrow(/ordered/)
    expect(validateAppend(genesis.did, log, formatUpdate(genesis.op, {}, owner), hours(2)).nullified).toHaveLength(1)
  })

  const changed = (changes: object): unknown => ({ ...genesis.op, ...changes })
  const keys = (count: number) => Array.from({ length: count }, () => server.didKey)
  const map = <T>(count: number, value: T) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, value]))
  const service = { type: 'T', endpoint: 'https://x' }
  it.each<[string, unknown]>([
    ['no object', null],
    ['an array', []],
    ['no type', changed({ type: undefined })],
    ['the legacy form', { ...readLog('valid/log_legacy_dholms.json')[0]!.operation }],
    ['an unknown field', changed({ extra: 1 })],
    ['no prev', changed({ prev: undefined })],
    ['no sig', changed({ sig: 1 })],
    ['a tombstone without prev', { type: 'plc_tombstone', prev: null, sig: '' }],
    ['eleven rotation keys', changed({ rotationKeys: keys(11) })],
    [
      'a rotation key of another curve',
      changed({ rotationKeys: ['did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'] }),
    ],
    ['a verification method that is no key', changed({ verificationMethods: { atproto: 'zQ3sh' } })],
    ['a verification method with a long id', changed({ verificationMethods: { ['x'.repeat(33)]: server.didKey } })],
    ['eleven verification methods', changed({ verificationMethods: map(11, server.didKey) })],
    ['eleven aliases', changed({ alsoKnownAs: Object.keys(map(11, 0)) })],
    ['an alias twice', changed({ alsoKnownAs: ['at://a.test', 'at://a.test'] })],
    ['a long alias', changed({ alsoKnownAs: [`at://${'a'.repeat(254)}`] })],
    ['an alias with a lone surrogate', changed({ alsoKnownAs: ['at://\ud800'] })],
    ['eleven services', changed({ services: map(11, service) })],
    ['a service with a long type', changed({ services: { a: { ...service, type: 'T'.repeat(257) } } })],
    ['a service with a long endpoint', changed({ services: { a: { ...service, endpoint: 'h'.repeat(513) } } })],
    ['a service with more in it', changed({ services: { a: { ...service, more: 1 } } })],
    ['more than 7,500 bytes', changed({ services: map(10, { type: 'T'.repeat(256), endpoint: 'h'.repeat(512) }) })],
  ])('does not take %s', (_, op) => {
    expect(() => checkIncoming(op)).toThrow(PlcError)
  })

  it('takes signing keys of any kind, and renders those it does not know', () => {
    const ed25519 = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
    const op = formatUpdate(genesis.op, { verificationMethods: { other: ed25519, p: owner.didKey } }, server)
    checkIncoming(op)
    const document = formatDocument(dataOf(genesis.did, op)!)
    expect(document['@context']).toHaveLength(3)
    expect(document.verificationMethod?.[0]?.publicKeyMultibase).toBe(ed25519.slice('did:key:'.length))
  })
})

/** The next operation, with another handle. */
function handleUpdate(last: PlcOperation, handle: string, key: SigningKey): PlcUpdate {
  return formatUpdate(last, { alsoKnownAs: withHandle(stateOf(last)!.alsoKnownAs, handle) }, key)
}
