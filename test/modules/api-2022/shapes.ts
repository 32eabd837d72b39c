/** The answers of app.bsky in October 2022, field by field. */
import type { Shape, Shapes } from './shape.js'

const USER: Shapes = { did: 'text', name: 'text', 'displayName?': 'text' }
const USER_AT: Shapes = { ...USER, 'createdAt?': 'time', indexedAt: 'time' }
const POST: Shapes = {
  uri: 'text',
  cid: 'text',
  author: USER,
  record: 'any',
  'embed?': 'any',
  replyCount: 'number',
  repostCount: 'number',
  likeCount: 'number',
  indexedAt: 'time',
  'myState?': { 'repost?': 'text', 'like?': 'text' },
}
const FEED: Shapes = { 'cursor?': 'text', feed: [{ ...POST, 'repostedBy?': USER }] }
const THREAD: Shapes = { ...POST, 'parent?': () => THREAD, 'replies?': [() => THREAD] }
const ABOUT: Shapes = { uri: 'text', 'cid?': 'text', 'cursor?': 'text' }
const NOTIFICATION: Shapes = {
  uri: 'text',
  cid: 'text',
  author: USER,
  reason: 'text',
  'reasonSubject?': 'text',
  record: 'any',
  isRead: 'boolean',
  indexedAt: 'time',
}

/** Of all calls but the one whose answer is empty. */
export const ANSWERS: Readonly<Record<string, Shape>> = {
  getHomeFeed: FEED,
  getAuthorFeed: FEED,
  getPostThread: { thread: THREAD },
  getLikedBy: { ...ABOUT, likedBy: [USER_AT] },
  getRepostedBy: { ...ABOUT, repostedBy: [USER_AT] },
  getProfile: {
    ...USER,
    'description?': 'text',
    followersCount: 'number',
    followsCount: 'number',
    postsCount: 'number',
    pinnedBadges: ['any'],
    'myState?': { 'follow?': 'text' },
  },
  getUserFollowers: { subject: USER, 'cursor?': 'text', followers: [USER_AT] },
  getUserFollows: { subject: USER, 'cursor?': 'text', follows: [USER_AT] },
  getUsersSearch: { 'cursor?': 'text', users: [{ ...USER, 'description?': 'text', 'indexedAt?': 'time' }] },
  getUsersTypeahead: { users: [USER] },
  getNotifications: { 'cursor?': 'text', notifications: [NOTIFICATION] },
  getNotificationCount: { count: 'number' },
  updateProfile: { uri: 'text', cid: 'text', record: 'any' },
  getBadgeMembers: { ...ABOUT, members: [{ ...USER, offeredAt: 'time', acceptedAt: 'time' }] },
}

export const RECORD_EMBED: Shape = { type: 'text', author: USER, record: 'any' }
export const EXTERNAL_EMBED: Shape = {
  type: 'text',
  uri: 'text',
  title: 'text',
  description: 'text',
  imageUri: 'text',
}
export const UNKNOWN_EMBED: Shape = { type: 'text' }
