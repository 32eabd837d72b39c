/** What happens in the community. Every record has a name, by which the checks know it. */
import * as affairs from './affairs.js'
import type { Cast } from './cast.js'
import * as changes from './changes.js'
import * as privacies from './privacies.js'
import { Records } from './records.js'
import * as writings from './writings.js'

/** What a chapter is told with. */
export interface Chapter {
  cast: Cast
  records: Records
}

/** Tells it all, in its order. */
export async function tellStory(cast: Cast): Promise<void> {
  const chapter = { cast, records: new Records(cast) }
  for (const tell of CHAPTERS) await tell(chapter)
}

const CHAPTERS = [
  ...[writings.people, writings.threads, writings.lists, writings.embeds, writings.reactions],
  ...[writings.threadgates, writings.postgates, affairs.conflicts, affairs.labels, affairs.standing],
  ...[privacies.bookmarks, privacies.drafts, privacies.preferences, privacies.subscriptions],
  ...[changes.mistakes, changes.edits, changes.deletes, changes.departure, changes.lastWords],
]
