/** What the page of `inspect --html` is given: the report, and the tree with the records that are drawn in it. Types alone. */
import type { PictureNode } from '../../repo-engine/index.js'
import type { CollectionSize, LayerShape } from './examine-repo.js'
import type { DayCount, SizeClass } from './record-figures.js'

/** The figures of a repository, and its tree. Everything in it may be by strangers. */
export interface InspectPage {
  did: string
  /** What is known of it, a name and a value each. */
  facts: [name: string, value: string][]
  problems: string[]
  /** The largest of them, in order of their names. */
  collections: CollectionSize[]
  /** How many there are. */
  collectionCount: number
  /** Highest layer first. */
  layers: LayerShape[]
  recordSizes: SizeClass[]
  activity: { name: string; days: DayCount[] }[]
  tree: PictureNode | null
  drawn: DrawnRecords
}

/** The records that are drawn, as JSON, by their paths. */
export interface DrawnRecords {
  values: Record<string, unknown>
  /** Records that are drawn and not here, because the page would be too large with them. */
  left: number
}
