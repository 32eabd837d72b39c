import { linksIn } from '../../../src/projections/actor/links-in.js'
import { OtherProjection } from '../../../src/projections/actor/other.projection.js'
import { alice, bob, carla, edit, put, ref, remove, type Story, story } from '../given.js'

const uri = `at://${alice}/com.example.review/r1`
const post = `at://${bob}/app.bsky.feed.post/p1`

let told: Story
beforeEach(async () => {
  told = await story(() => [new OtherProjection()])
})
afterEach(() => told.close())

it('files records of any collection under what they point at', async () => {
  const empty = await told.dump()
  await told.given(put(uri, { of: ref(post), by: [{ who: bob }, { who: carla }, { who: bob }] }))
  await told.expectRows('bsky_backlink', [
    { target: post, path: 'com.example.review:of.uri', uri, did: alice },
    { target: bob, path: 'com.example.review:by.who', uri, did: alice },
    { target: carla, path: 'com.example.review:by.who', uri, did: alice },
  ])
  await told.given(edit(uri, { of: bob }))
  await told.expectRows('bsky_other', [{ uri, did: alice, links: JSON.stringify([[bob, 'of']]) }])
  await told.expectRows('bsky_backlink', [{ target: bob, path: 'com.example.review:of' }])
  await told.given(remove(uri))
  expect(await told.dump()).toBe(empty)
})

it('keeps no row of records that point at nothing', async () => {
  const empty = await told.dump()
  await told.given(put(uri, { text: `see ${post}`, site: 'https://example.com', did: 'did:', at: 'at://' }))
  expect(await told.dump()).toBe(empty)
  await told.given(remove(uri))
})

describe('the links of a record', () => {
  it('are named by the way to them, without places in arrays', () => {
    expect(linksIn({ a: [[{ b: bob }], carla], c: { d: { e: post } } })).toEqual([
      { target: bob, path: 'a.b' },
      { target: carla, path: 'a' },
      { target: post, path: 'c.d.e' },
    ])
  })

  it('are a hundred at most', () => {
    const many = Array.from({ length: 500 }, (_, n) => `did:web:n${n}.test`)
    expect(linksIn({ many, more: alice })).toHaveLength(100)
  })

  it('are not looked for too far down, nor under endless names', () => {
    let deep: unknown = alice
    for (let n = 0; n < 60; n++) deep = [deep]
    expect(linksIn({ deep, ['x'.repeat(10_000)]: bob, near: [[carla]] })).toEqual([{ target: carla, path: 'near' }])
  })
})
