import { DeclarationProjection } from '../../../src/projections/actor/declaration.projection.js'
import { LabelerProjection } from '../../../src/projections/actor/labeler.projection.js'
import { StatusProjection } from '../../../src/projections/actor/status.projection.js'
import { alice, bob, edit, put, remove, type Story, story } from '../given.js'

let told: Story
beforeEach(async () => {
  told = await story(() => [new StatusProjection(), new LabelerProjection(), new DeclarationProjection()])
})
afterEach(() => told.close())

describe.each([
  ['bsky_status', 'app.bsky.actor.status', { status: 'app.bsky.actor.status#live' }, { durationMinutes: 5 }],
  ['bsky_labeler', 'app.bsky.labeler.service', { policies: { labelValues: ['spam'] } }, { reasonTypes: [] }],
  ['bsky_declaration', 'app.bsky.notification.declaration', { allowSubscriptions: 'followers' }, { more: 1 }],
  ['bsky_declaration', 'chat.bsky.actor.declaration', { allowIncoming: 'none' }, { allowIncoming: 'all' }],
  [
    'bsky_declaration',
    'app.bsky.actor.contentVisibilityDeclaration',
    { hideFromAlgorithmicRecommendations: true },
    { hideFromAlgorithmicRecommendations: false },
  ],
])('%s of %s', (table, collection, record, change) => {
  const uri = `at://${alice}/${collection}/self`

  it('holds what stands, and nothing after it is gone', async () => {
    const empty = await told.dump()
    await told.given(put(uri, record), edit(uri, { ...record, ...change }))
    const [row] = await told.database.read.all<{ json: string }>(`SELECT json FROM ${table}`)
    expect(JSON.parse(row!.json)).toMatchObject({ $type: collection, ...change })
    await told.expectRows(table, [{ uri, did: alice }])
    await told.given(remove(uri))
    expect(await told.dump()).toBe(empty)
  })

  it('stands under the key self alone', async () => {
    const empty = await told.dump()
    await told.given(put(`at://${alice}/${collection}/other`, record))
    expect(await told.dump()).toBe(empty)
  })
})

it('files those who do not want to be shown on a list under it', async () => {
  const empty = await told.dump()
  const uri = `at://${alice}/app.bsky.graph.referencelistoptout/3kaaaaaaaaa2a`
  const list = `at://${bob}/app.bsky.graph.list/l1`
  await told.given(put(uri, { subject: list }))
  await told.expectRows('bsky_declaration', [{ uri, did: alice, collection: 'app.bsky.graph.referencelistoptout' }])
  await told.expectRows('bsky_backlink', [
    { target: list, path: 'app.bsky.graph.referencelistoptout:subject', uri, did: alice },
  ])
  await told.given(remove(uri))
  expect(await told.dump()).toBe(empty)
})
