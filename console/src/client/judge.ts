/** What labels, mutes and muted words mean for whoever reads: by the preferences of the account, as the library applies them. */
import {
  DEFAULT_LABEL_SETTINGS,
  type AppBskyFeedDefs,
  type ComAtprotoLabelDefs,
  moderatePost,
  type ModerationCause,
  type ModerationDecision,
  type ModerationOpts,
  type ModerationSubjectProfile,
  moderateProfile,
} from '@atproto/api'
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { account } from '../api/account.js'
import { agent } from '../api/session.js'

type Opts = Required<ModerationOpts>

/** For somebody who has said nothing. */
const DEFAULT: Opts = {
  userDid: undefined,
  prefs: {
    adultContentEnabled: false,
    labels: DEFAULT_LABEL_SETTINGS,
    labelers: [],
    mutedWords: [],
    hiddenPosts: [],
  },
  labelDefs: {},
}

const rules = signal<Opts>(DEFAULT)

/** Whose rules those are: a DID, or `nobody`. */
const rulesOf = signal<string | null>(null)

/** Has the rules of the account at hand. A page that shows what others have written waits until this is true. */
export function useRules(): boolean {
  const did = account.value?.did ?? 'nobody'
  useEffect(() => {
    if (rulesOf.value !== did) void fetchRules(did)
  }, [did])
  return rulesOf.value === did
}

/** Goes by the preferences as they are now: they were changed. */
export function renewRules(): Promise<void> {
  return fetchRules(account.value?.did ?? 'nobody')
}

async function fetchRules(did: string): Promise<void> {
  const isMember = did !== 'nobody'
  const fetched = isMember ? await ownRules(did).catch(() => ({ ...DEFAULT, userDid: did })) : DEFAULT
  if (did !== (account.value?.did ?? 'nobody')) return
  rules.value = fetched
  rulesOf.value = did
}

async function ownRules(did: string): Promise<Opts> {
  const { moderationPrefs: prefs } = await agent.getPreferences()
  agent.configureLabelers(prefs.labelers.map((labeler) => labeler.did as `did:${string}:${string}`))
  const labelDefs = prefs.labelers.length > 0 ? await agent.getLabelDefinitions(prefs).catch(() => ({})) : {}
  return { userDid: did, prefs, labelDefs }
}

export function judgePost(post: AppBskyFeedDefs.PostView): ModerationDecision {
  return moderatePost(
    post,
    trusting([...(post.labels ?? []), ...(post.author.labels ?? []), ...labelsWithin(post.embed)]),
  )
}

export function judgeProfile(profile: ModerationSubjectProfile): ModerationDecision {
  return moderateProfile(profile, trusting(profile.labels ?? []))
}

/** The server has chosen whose labels it sends; so all of those count, by the same rules. */
function trusting(labels: readonly ComAtprotoLabelDefs.Label[]): Opts {
  const { prefs } = rules.value
  const known = new Set(prefs.labelers.map(({ did }) => did))
  const others = [...new Set(labels.map(({ src }) => src))].filter((did) => !known.has(did))
  if (others.length === 0) return rules.value
  return {
    ...rules.value,
    prefs: { ...prefs, labelers: [...prefs.labelers, ...others.map((did) => ({ did, labels: {} }))] },
  }
}

/** Labels on what is quoted, and on its author. */
function labelsWithin(embed: AppBskyFeedDefs.PostView['embed']): ComAtprotoLabelDefs.Label[] {
  const { record } = (embed ?? {}) as { record?: Quoted & { record?: Quoted } }
  return [record, record?.record].flatMap((quoted) => [...(quoted?.labels ?? []), ...(quoted?.author?.labels ?? [])])
}
interface Quoted {
  labels?: ComAtprotoLabelDefs.Label[]
  author?: { labels?: ComAtprotoLabelDefs.Label[] }
}

const LABEL_WORDS: Record<string, string> = {
  '!hide': 'hidden by the moderators',
  '!warn': 'a warning of the moderators',
  '!no-unauthenticated': 'its author shows it to people with an account only',
  porn: 'adult content',
  sexual: 'sexually suggestive',
  nudity: 'nudity',
  'graphic-media': 'graphic media',
}

/** Why something is veiled or marked, for people. */
export function reasonOf(cause: ModerationCause): string {
  switch (cause.type) {
    case 'blocking':
      return 'you block this account'
    case 'blocked-by':
      return 'this account blocks you'
    case 'block-other':
      return 'one of them blocks the other'
    case 'muted':
      return 'you have muted this account'
    case 'mute-word':
      return 'it has a word that you have muted'
    case 'hidden':
      return 'you have hidden it'
    case 'label': {
      const { identifier, locales } = cause.labelDef
      const named = locales.find(({ lang }) => lang.startsWith('en')) ?? locales[0]
      return LABEL_WORDS[identifier] ?? named?.name ?? cause.label.val
    }
  }
}
