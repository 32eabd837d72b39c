/**
 * The picture of a Merkle Search Tree: nodes with their records in them, layer under layer. It can be zoomed, moved, and gone
 * through by the keyboard. It stands on the DOM alone, so any page may have it.
 */
import { select, type Selection } from 'd3-selection'
import type { PictureItem, PictureNode } from '../../../src/repo-engine/mst/picture.js'
import { collectionOf, describe } from './describe.js'
import { stepFrom } from './keys.js'
import { CELL, NODE_HEIGHT, type Placed, type PlacedTree, placeTree } from './place-tree.js'
import { zoomable } from './zooming.js'
import './mst-picture.css'

/** What is drawn: plain JSON, made from a tree by `TreePicture` of the repository engine. */
export type TreeData = PictureNode
export type TreeItem = PictureItem

export interface TreeOptions {
  /** Told of every item that is chosen. */
  onSelect: (item: TreeItem) => void
}

export interface TreeHandle {
  /** Chooses the record under a key, and moves to it; false when it is not drawn. */
  show(key: string): boolean
  /** Takes the picture away. */
  destroy(): void
}

/** Colours that there are for collections; the largest get one each. */
const COLOURS = 8

/** Draws a tree into an element, which should have a height. */
export function drawTree(element: HTMLElement, data: TreeData, { onSelect }: TreeOptions): TreeHandle {
  const placed = placeTree(data)
  const colours = coloursOf(placed)
  const frame = select(element).append('div').attr('class', 'mst')
  const tools = frame.append('div').attr('class', 'mst-tools')
  const svg = frame
    .append('svg')
    .attr('class', 'mst-tree')
    .attr('role', 'tree')
    .attr('aria-orientation', 'horizontal')
    .attr('aria-label', 'Merkle search tree. Arrow keys go through it, Enter chooses, plus and minus zoom.')
  const scene = svg.append('g')
  const rows = svg.append('g').attr('class', 'mst-rows').attr('aria-hidden', 'true')
  const told = frame.append('p').attr('class', 'mst-told').attr('aria-hidden', 'true').text('\u00a0')
  const marks = paint(scene, placed, colours)
  legend(frame, colours)

  let current = placed.items[0]!
  marks.attr('tabindex', (item) => (item === current ? 0 : -1))
  const mark = (item: Placed): Selection<SVGGElement, Placed, SVGGElement, unknown> =>
    marks.filter((other) => other === item)
  const point = (item: Placed): void => {
    if (item === current) return
    mark(current).attr('tabindex', -1)
    mark(item).attr('tabindex', 0)
    current = item
  }
  const choose = (item: Placed): void => {
    point(item)
    marks.filter('[aria-selected=true]').attr('aria-selected', 'false')
    mark(item).attr('aria-selected', 'true')
    onSelect(item.item)
  }

  const view = zoomable(svg, rows, scene, placed)
  for (const [text, label, act] of [
    ['+', 'Zoom in', () => view.in()],
    ['−', 'Zoom out', () => view.out()],
    ['⤢', 'Show all of the tree', () => view.fit()],
  ] as const)
    tools
      .append('button')
      .attr('type', 'button')
      .attr('aria-label', label)
      .attr('title', label)
      .text(text)
      .on('click', act)

  svg.on('click', ({ target }: MouseEvent) => {
    const item = itemAt(target)
    if (!item) return
    choose(item)
    mark(item).node()!.focus({ preventScroll: true })
  })
  svg.on('pointerover focusin', ({ type, target }: Event) => {
    const item = itemAt(target)
    if (!item) return
    told.text(describe(item.item))
    if (type === 'focusin') point(item)
  })
  svg.on('keydown', (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const next = stepFrom(current, event.key)
    if (next) {
      point(next)
      view.goTo(next)
      mark(next).node()!.focus({ preventScroll: true })
    } else if (event.key === 'Enter' || event.key === ' ') choose(current)
    else if (event.key === '+' || event.key === '=') view.in()
    else if (event.key === '-') view.out()
    else if (event.key === '0') view.fit()
    else return
    event.preventDefault()
  })

  return {
    show(key) {
      const found = placed.items.find(({ item }) => item.kind === 'entry' && item.key === key)
      if (!found) return false
      choose(found)
      view.goTo(found)
      return true
    },
    destroy() {
      view.end()
      frame.remove()
    },
  }
}

/** Draws what does not move by itself: links, nodes, records, and what is left out. Gives all that can be chosen. */
function paint(
  scene: Selection<SVGGElement, unknown, null, undefined>,
  { items, links }: PlacedTree,
  colours: ReadonlyMap<string, number>,
): Selection<SVGGElement, Placed, SVGGElement, unknown> {
  scene
    .append('path')
    .attr('class', 'mst-links')
    .attr(
      'd',
      links
        .map(({ from: [x1, y1], to: [x2, y2] }) => `M${x1} ${y1}C${x1} ${y2 - 20} ${x2} ${y1 + 20} ${x2} ${y2}`)
        .join(''),
    )
  const marks = scene
    .selectAll<SVGGElement, Placed>('g')
    .data(items)
    .join('g')
    .attr('role', 'treeitem')
    .attr('aria-level', ({ level }) => level)
    .attr('aria-selected', 'false')
    .attr('aria-label', ({ item }) => describe(item))
    .attr('class', ({ item }) =>
      item.kind === 'entry' ? `mst-entry mst-c${colours.get(collectionOf(item.key))!}` : `mst-${item.kind}`,
    )
  marks
    .append('rect')
    .attr('x', ({ x, width }) => x - width / 2)
    .attr('y', ({ y }) => y)
    .attr('width', ({ width }) => width)
    .attr('height', ({ item }) => (item.kind === 'entry' ? CELL : NODE_HEIGHT))
    .attr('rx', ({ item }) => (item.kind === 'entry' ? 2 : 4))
  marks
    .filter(({ item }) => item.kind === 'rest')
    .append('text')
    .attr('x', ({ x }) => x)
    .attr('y', ({ y }) => y + NODE_HEIGHT / 2)
    .text(({ item }) => (item.kind === 'rest' ? short(item.entries) : ''))
  return marks
}

function legend(
  frame: Selection<HTMLDivElement, unknown, null, undefined>,
  colours: ReadonlyMap<string, number>,
): void {
  const list = frame.append('ul').attr('class', 'mst-legend').attr('aria-label', 'Collections')
  const named = [...colours].filter(([, colour]) => colour < COLOURS)
  for (const [name, colour] of colours.size > named.length ? [...named, ['others', COLOURS] as const] : named) {
    const line = list.append('li')
    line.append('span').attr('class', `mst-swatch mst-c${colour}`)
    line.append('span').text(name)
  }
}

/** Numbers of colours by collection: one each for those that have most records in the picture, and one for all others. */
function coloursOf({ items }: PlacedTree): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { item } of items)
    if (item.kind === 'entry') counts.set(collectionOf(item.key), (counts.get(collectionOf(item.key)) ?? 0) + 1)
  const bySize = [...counts].sort(([, a], [, b]) => b - a)
  return new Map(bySize.map(([name], i) => [name, Math.min(i, COLOURS)]))
}

function itemAt(target: EventTarget | null): Placed | null {
  const mark = target instanceof Element ? target.closest('[role=treeitem]') : null
  return mark ? (select<Element, Placed>(mark).datum() ?? null) : null
}

function short(value: number): string {
  return value < 1000
    ? String(value)
    : value < 100_000
      ? `${(value / 1000).toFixed(1)}k`
      : `${Math.round(value / 1000)}k`
}
