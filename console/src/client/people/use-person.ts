import type { AppBskyActorDefs } from '@atproto/api'
import { ownDid } from '../../api/account.js'
import { agent } from '../../api/session.js'
import { type Action, useAction } from '../../ui/use-action.js'
import { partsOf } from '../links.js'
import { shownAtOnce } from '../shown-at-once.js'
import { useLatest } from '../use-latest.js'

type Viewer = AppBskyActorDefs.ViewerState

/** Somebody as the viewer stands to them, and what the viewer changes of that. What the server refuses is taken back. */
export interface LivePerson<Person> {
  person: Person
  follow: Action<[]>
  mute: Action<[]>
  block: Action<[]>
}

/** What stands for the address of a record that is being made. */
const COMING = 'at://coming'

export function usePerson<Person extends { did: string; viewer?: Viewer }>(seen: Person): LivePerson<Person> {
  const [person, setPerson] = useLatest(seen.did, seen)
  const { did, viewer = {} } = person
  const setViewer = (patch: Viewer): void =>
    setPerson((now) => ({ viewer: { ...now.viewer, ...patch } }) as Partial<Person>)
  const change = <Result>(patch: Viewer, act: () => Promise<Result>): Promise<Result> =>
    shownAtOnce<Viewer, Result>(viewer, patch, setViewer, act)
  return {
    person,
    follow: useAction(async () => {
      const { following } = viewer
      if (following) return change({ following: undefined }, () => agent.deleteFollow(following))
      const made = await change({ following: COMING }, () => agent.follow(did))
      setViewer({ following: made.uri })
    }),
    mute: useAction(() => change({ muted: !viewer.muted }, () => (viewer.muted ? agent.unmute(did) : agent.mute(did)))),
    block: useAction(async () => {
      const { blocking } = viewer
      const { block } = agent.app.bsky.graph
      const repo = ownDid()
      if (blocking) return change({ blocking: undefined }, () => block.delete({ repo, rkey: partsOf(blocking).rkey }))
      const record = { subject: did, createdAt: new Date().toISOString() }
      const made = await change({ blocking: COMING }, () => block.create({ repo }, record))
      setViewer({ blocking: made.uri })
    }),
  }
}
