/** Where everything of a tree stands in its picture. */
import { hierarchy, tree } from 'd3-hierarchy'
import type { PictureItem, PictureNode, PictureRest } from '../../../src/repo-engine/mst/picture.js'

/** Edge of the square that a record is, and what is between two of them. */
export const CELL = 12
const PITCH = CELL + 3
const PADDING = 4
/** Height of a node, and from one layer to the next. */
export const NODE_HEIGHT = CELL + 2 * PADDING
const LAYER_HEIGHT = 84
const REST_WIDTH = 34
const GAP = 10

/** An item in its place: the middle of its upper edge, and its width. */
export interface Placed {
  item: PictureItem
  x: number
  y: number
  width: number
  parent: Placed | null
  /** What is in it, from left to right. */
  below: Placed[]
  /** 1 for the root. */
  level: number
}

/** From the place of a subtree in its node to the node on top of it. */
export interface Link {
  from: [x: number, y: number]
  to: [x: number, y: number]
}

export interface PlacedTree {
  /** In the order of their keys, a node before what is in it. */
  items: Placed[]
  links: Link[]
  box: { left: number; right: number; top: number; bottom: number }
  /** The layers that are drawn, from the top. */
  layers: { layer: number; y: number }[]
}

type Block = PictureNode | PictureRest

/** Lays a tree out: layer under layer, each node over what hangs below it, its records inside it. */
export function placeTree(data: PictureNode): PlacedTree {
  const root = hierarchy<Block>(data, (block) => (block.kind === 'node' ? block.below.filter(isBlock) : []))
  const layout = tree<Block>()
    .nodeSize([1, LAYER_HEIGHT])
    .separation((a, b) => (widthOf(a.data) + widthOf(b.data)) / 2 + GAP)
  const places = new Map<Block, [x: number, y: number]>()
  layout(root).each(({ data: block, x, y }) => void places.set(block, [x, y]))

  const items: Placed[] = []
  const links: Link[] = []
  const place = (block: Block, parent: Placed | null): Placed => {
    const [x, y] = places.get(block)!
    const placed: Placed = { item: block, x, y, width: widthOf(block), parent, below: [], level: levelBelow(parent) }
    items.push(placed)
    if (block.kind === 'rest') return placed
    const left = x - placed.width / 2 + PADDING
    let records = 0
    for (const item of block.below) {
      if (item.kind === 'entry') {
        const middle = left + records++ * PITCH + CELL / 2
        const entry: Placed = {
          ...{ item, x: middle, y: y + PADDING, width: CELL },
          ...{ parent: placed, below: [], level: placed.level + 1 },
        }
        placed.below.push(entry)
        items.push(entry)
        continue
      }
      // A subtree hangs between the records that it stands between.
      const gap = Math.min(Math.max(left + records * PITCH - 1.5, left), x + placed.width / 2 - PADDING)
      const below = place(item, placed)
      placed.below.push(below)
      links.push({ from: [gap, y + NODE_HEIGHT], to: [below.x, below.y] })
    }
    return placed
  }
  place(data, null)
  return { items, links, box: boxOf(items), layers: layersOf(items) }
}

function widthOf(block: Block): number {
  if (block.kind === 'rest') return REST_WIDTH
  const records = block.below.filter(({ kind }) => kind === 'entry').length
  return Math.max(records * PITCH - (PITCH - CELL), CELL / 2) + 2 * PADDING
}

function isBlock(item: PictureItem): item is Block {
  return item.kind !== 'entry'
}

function levelBelow(parent: Placed | null): number {
  return parent ? parent.level + 1 : 1
}

function boxOf(items: readonly Placed[]): PlacedTree['box'] {
  const box = { left: Infinity, right: -Infinity, top: 0, bottom: 0 }
  for (const { x, y, width } of items) {
    box.left = Math.min(box.left, x - width / 2)
    box.right = Math.max(box.right, x + width / 2)
    box.bottom = Math.max(box.bottom, y + NODE_HEIGHT)
  }
  return box
}

function layersOf(items: readonly Placed[]): PlacedTree['layers'] {
  const layers = new Map<number, number>()
  for (const { item, y } of items) if (item.kind !== 'entry') layers.set(item.layer, y)
  return [...layers].map(([layer, y]) => ({ layer, y })).sort((a, b) => b.layer - a.layer)
}
