import { Database } from '../../../src/modules/database/database.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import type { NewLabel } from '../../../src/modules/moderation/label-row.js'
import { Labels } from '../../../src/modules/moderation/labels.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { touchedBy } from '../private-state/app.js'

const MOD = 'did:plc:moderator' as Did
const OTHER = 'did:plc:other' as Did
const CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const POST = 'at://did:plc:dan/app.bsky.feed.post/one'

let server: TestServer
let labels: Labels
beforeEach(async () => {
  server = await TestServer.start()
  labels = server.get(Labels)
})
afterEach(() => server.close())

const apply = (...set: NewLabel[]) => server.get(Database).write((tx) => labels.apply(tx, set))
const valuesOf = async (uri: string, sources: string[] | null = null) =>
  (await labels.of([uri], sources)).get(uri)?.map(({ val }) => val) ?? []
const query = async (params: string) => {
  const answer = await server.query('com.atproto.label.queryLabels', { params })
  if (answer.status === 200) server.get(Lexicons).checkOutput('com.atproto.label.queryLabels', answer.body)
  return answer as { status: number; body: { cursor?: string; labels: { uri: string; val: string }[] } }
}
const fetchLabels = async (params = '') =>
  (await server.query('com.atproto.temp.fetchLabels', { params })).body.labels as { val: string; neg?: boolean }[]

describe('labels', () => {
  it('are those of the sources that are trusted', async () => {
    await apply({ src: MOD, uri: POST, val: 'porn' }, { src: OTHER, uri: POST, val: 'spam', cid: CID })
    expect(await valuesOf(POST)).toEqual(['porn', 'spam'])
    expect(await valuesOf(POST, [OTHER])).toEqual(['spam'])
    expect(await valuesOf(POST, [])).toEqual([])
    const [porn, spam] = (await labels.of([POST, 'did:plc:dan'], null)).get(POST)!
    expect(porn).toEqual({ src: MOD, uri: POST, val: 'porn', cts: expect.stringMatching(/^\d{4}-.*Z$/) as string })
    expect(spam).toMatchObject({ cid: CID })
  })

  it('are taken back by their source, one version by itself', async () => {
    await apply({ src: MOD, uri: POST, val: 'porn' }, { src: MOD, uri: POST, val: 'porn', cid: CID })
    await apply({ src: OTHER, uri: POST, val: 'porn', neg: true })
    expect(await valuesOf(POST)).toEqual(['porn', 'porn'])
    await apply({ src: MOD, uri: POST, val: 'porn', neg: true })
    expect((await labels.of([POST], null)).get(POST)).toMatchObject([{ cid: CID }])
    await apply({ src: MOD, uri: POST, val: 'porn' })
    expect(await valuesOf(POST)).toHaveLength(2)
  })

  it('come in any order: what was said last holds', async () => {
    await apply({ src: MOD, uri: POST, val: 'porn', neg: true, cts: '2026-01-02T00:00:00Z' })
    await apply({ src: MOD, uri: POST, val: 'porn', cts: '2026-01-02T00:30:00+01:00' })
    expect(await valuesOf(POST)).toEqual([])
  })

  it('expire', async () => {
    await apply({ src: MOD, uri: POST, val: 'porn', exp: new Date(Date.now() + 60_000).toISOString() })
    expect(await valuesOf(POST)).toEqual(['porn'])
    server.advance(61_000)
    expect(await valuesOf(POST)).toEqual([])
    expect((await query(`?uriPatterns=${POST}`)).body.labels).toEqual([])
  })

  it('tell caches of the record and of its account', async () => {
    expect(await touchedBy(server, () => apply({ src: MOD, uri: POST, val: 'porn' }))).toEqual([POST, 'did:plc:dan'])
  })
})

describe('queryLabels', () => {
  const uri = (did: string, rkey: string) => `at://did:plc:${did}/app.bsky.feed.post/${rkey}`
  beforeEach(() =>
    apply(
      { src: MOD, uri: uri('dan', 'a'), val: 'porn' },
      { src: OTHER, uri: uri('dan', 'a'), val: 'porn' },
      { src: MOD, uri: uri('dan', 'ab'), val: 'spam' },
      { src: MOD, uri: uri('dan_', 'a'), val: 'rude' },
      { src: MOD, uri: 'did:plc:dan', val: 'bot' },
      { src: MOD, uri: 'did:plc:dana', val: 'gone' },
      { src: MOD, uri: 'did:plc:dana', val: 'gone', neg: true },
    ),
  )
  const found = async (patterns: string[], more = '') => {
    const params = `?${patterns.map((pattern) => `uriPatterns=${encodeURIComponent(pattern)}`).join('&')}${more}`
    return (await query(params)).body.labels?.map((label) => `${label.uri.slice(-8)} ${label.val}`)
  }

  it('finds subjects, and what begins with something', async () => {
    expect(await found([uri('dan', 'a')])).toHaveLength(2)
    expect(await found([uri('dan', 'a')], `&sources=${MOD}`)).toHaveLength(1)
    expect(await found(['at://did:plc:dan/*'])).toHaveLength(3)
    expect(await found(['at://did:plc:dan*'])).toHaveLength(4)
    expect(await found(['did:plc:dan*'])).toHaveLength(1)
    expect(await found(['*'])).toHaveLength(5)
    expect(await found(['nothing'])).toEqual([])
  })

  it('finds nothing twice', async () => {
    expect(await found(['*', uri('dan', 'a'), 'at://*', 'did:plc:dan', uri('dan', 'a')])).toHaveLength(5)
  })

  it('goes on from page to page', async () => {
    const seen: string[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { body } = await query(`?uriPatterns=did:*&uriPatterns=at:*&limit=2&cursor=${cursor}`)
      seen.push(...body.labels.map(({ val }) => val))
      expect(body.labels.length).toBeLessThanOrEqual(2)
      cursor = body.cursor
    }
    expect(seen).toEqual(['porn', 'porn', 'spam', 'rude', 'bot'])
  })

  it.each(['?uriPatterns=a*b', '?uriPatterns=**', '?uriPatterns=a&cursor=x', '', `?${'uriPatterns=a&'.repeat(101)}`])(
    'refuses %s',
    async (params) => {
      expect(await query(params)).toMatchObject({ status: 400 })
    },
  )

  it('looks at so many at a time, and says where to go on', async () => {
    const many = Array.from({ length: 10_100 }, (_, i) => ({ src: MOD, uri: `did:plc:x${i}`, val: 'x' }))
    await apply(...many, { src: OTHER, uri: 'did:plc:y', val: 'needle' })
    const first = await query(`?uriPatterns=*&sources=${OTHER}`)
    expect(first.body.labels.map(({ val }) => val)).toEqual(['porn'])
    const rest = await query(`?uriPatterns=*&sources=${OTHER}&cursor=${first.body.cursor}`)
    expect(rest.body).toMatchObject({ labels: [{ val: 'needle' }] })
    expect(rest.body.cursor).toBeUndefined()
  })
})

it('fetchLabels gives what was said since a moment, in its order, the taking back too', async () => {
  await apply({ src: MOD, uri: POST, val: 'late', cts: '2026-01-03T00:00:00Z', neg: true })
  await apply({ src: MOD, uri: POST, val: 'early', cts: '2026-01-01T00:00:00Z' })
  expect(await fetchLabels()).toMatchObject([{ val: 'early' }, { val: 'late', neg: true }])
  expect(await fetchLabels(`?since=${Date.parse('2026-01-01T00:00:00Z')}`)).toMatchObject([{ val: 'late' }])
  expect(await fetchLabels('?limit=1')).toHaveLength(1)
  expect(await server.query('com.atproto.temp.fetchLabels', { params: '?since=9007199254740991' })).toMatchObject({
    status: 400,
  })
})
