/** What came and went leaves nothing: the rows are those of the records that stand at the end, told alone. */
import fc from 'fast-check'
import { ActorProjection } from '../../../src/projections/actor/actor.projection.js'
import { DeclarationProjection } from '../../../src/projections/actor/declaration.projection.js'
import { OtherProjection } from '../../../src/projections/actor/other.projection.js'
import { ProfileProjection } from '../../../src/projections/actor/profile.projection.js'
import { BlockProjection } from '../../../src/projections/graph/block.projection.js'
import { FollowProjection } from '../../../src/projections/graph/follow.projection.js'
import { GeneratorProjection } from '../../../src/projections/graph/generator.projection.js'
import { ListBlockProjection } from '../../../src/projections/graph/list-block.projection.js'
import { ListItemProjection } from '../../../src/projections/graph/list-item.projection.js'
import { ListProjection } from '../../../src/projections/graph/list.projection.js'
import { StarterPackProjection } from '../../../src/projections/graph/starter-pack.projection.js'
import { VerificationProjection } from '../../../src/projections/graph/verification.projection.js'
import { alice, bob, carla, identity, put, ref, remove, START, type Story, story, type Told } from '../given.js'

const everything = (): Promise<Story> =>
  story((changes) => [
    new ActorProjection(changes),
    ...[new ProfileProjection(), new DeclarationProjection(), new FollowProjection(), new BlockProjection()],
    ...[new ListProjection(), new ListItemProjection(), new ListBlockProjection(), new GeneratorProjection()],
    ...[new StarterPackProjection(), new VerificationProjection(), new OtherProjection()],
  ])

const someone = fc.constantFrom(alice, bob, carla)
const key = fc.constantFrom('a', 'b', 'self')
const someList = fc.tuple(someone, key).map(([did, rkey]) => `at://${did}/app.bsky.graph.list/${rkey}`)
const createdAt = fc.constantFrom('0001-01-01T00:00:00Z', '2025-06-01T00:00:00Z', '9999-12-31T23:59:59Z')
const pack = someone.map((did) => ref(`at://${did}/app.bsky.graph.starterpack/a`))

/** Records of every kind that three actors may write about one another. */
const record = fc.oneof(
  ...Object.entries({
    'app.bsky.graph.follow': fc.record({ subject: someone, createdAt }),
    'app.bsky.graph.block': fc.record({ subject: someone, createdAt }),
    'app.bsky.graph.listblock': fc.record({ subject: someList, createdAt }),
    'app.bsky.graph.list': fc.record({ name: key, purpose: fc.constant('app.bsky.graph.defs#modlist'), createdAt }),
    'app.bsky.graph.listitem': fc.record({ list: someList, subject: someone, createdAt }),
    'app.bsky.feed.generator': fc.record({ did: someone, displayName: key, createdAt }),
    'app.bsky.graph.starterpack': fc.record({ name: key, list: someList, createdAt }),
    'app.bsky.graph.referencelistoptout': fc.record({ subject: someList, createdAt }),
    'app.bsky.graph.verification': fc.record({
      subject: someone,
      handle: fc.constant('a.test'),
      displayName: key,
      createdAt,
    }),
    'app.bsky.actor.profile': fc.record({ displayName: key, createdAt, joinedViaStarterPack: pack }),
    'com.example.other': fc.record({ who: someone, where: fc.array(someList, { maxLength: 3 }), createdAt }),
  }).map(([collection, value]) => fc.record({ collection: fc.constant(collection), value })),
)

/** A write of a record, its removal (there or not), or what a DID document says now. */
const step = fc.oneof(
  { arbitrary: fc.record({ did: someone, rkey: key, record, gone: fc.boolean() }), weight: 8 },
  { arbitrary: fc.record({ did: someone, handle: fc.constantFrom('a.test', 'b.test', null) }), weight: 1 },
)

const withoutUnverified = (dump: string): string[] => dump.split('\n').filter((line) => !line.includes('"unverified"'))

it('are all that is left of any history', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const [lived, rebuilt] = [await everything(), await everything()]
      try {
        const standing = new Map<string, Told>()
        for (const [index, step] of steps.entries()) {
          const time = START + index * 1000
          const at = 'record' in step ? `at://${step.did}/${step.record.collection}/${step.rkey}` : step.did
          const before = standing.has(at)
          standing.delete(at)
          if (!('record' in step)) standing.set(at, { ...identity(step.did, step.handle), at: time })
          else if (!step.gone) standing.set(at, { ...put(at, step.record.value), at: time })
          const now = standing.get(at)
          if (!now) await lived.given({ ...remove(at), at: time })
          else if ('record' in step && before) await lived.given({ ...put(at, step.record.value, 'update'), at: time })
          else await lived.given(now)
        }
        await rebuilt.given(...standing.values())
        expect(withoutUnverified(await lived.dump())).toEqual(withoutUnverified(await rebuilt.dump()))
      } finally {
        await lived.close()
        await rebuilt.close()
      }
    }),
    { numRuns: 25 },
  ))
