import type { InspectPage } from '../../../src/modules/cli/inspect-page.js'
import { describe } from '../mst-picture/describe.js'
import { drawTree, type TreeData, type TreeItem } from '../mst-picture/draw-tree.js'
import { count } from '../ui/amounts.js'
import { element, part } from './element.js'

/** Records that are listed under what was typed, or for a node. */
const MAX_LISTED = 50

/** The picture with a search beside it, and what was chosen below it. `draw` is to be called once it stands in the page. */
export function treePart({ did, tree, drawn }: InspectPage): { shown: HTMLElement; draw: () => void } {
  if (!tree)
    return { shown: part('Tree', element('p', {}, 'Nothing of the tree could be read.')), draw: () => undefined }
  const picture = element('div', { class: 'picture' })
  const chosen = element('div', { class: 'chosen', 'aria-live': 'polite' }, element('p', {}, 'Nothing is chosen.'))
  const found = element('ul', { class: 'found' })
  const search = element('input', { type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false' })
  const keys = [...keysOf(tree)]
  let show: (key: string) => void = () => undefined

  const recordButton = (key: string): HTMLElement => {
    const button = element('button', { type: 'button', class: 'key' }, key)
    button.addEventListener('click', () => show(key))
    return element('li', {}, button)
  }
  search.addEventListener('input', () => {
    const text = search.value.trim()
    const matches = text === '' ? [] : keys.filter((key) => key.includes(text))
    found.replaceChildren(...matches.slice(0, MAX_LISTED).map(recordButton))
    if (matches.length > MAX_LISTED) found.append(element('li', {}, `and ${count(matches.length - MAX_LISTED)} more`))
    if (text !== '' && matches.length === 0)
      found.append(element('li', {}, 'No record that is drawn has that in its path.'))
  })
  const onSelect = (item: TreeItem): void => {
    const below = item.kind === 'node' ? item.below.filter(({ kind }) => kind === 'entry') : []
    const records = below.slice(0, MAX_LISTED).map((entry) => recordButton((entry as { key: string }).key))
    chosen.replaceChildren(
      element('h3', {}, item.kind === 'entry' ? item.key : describe(item)),
      ...factsOf(item, did),
      ...(item.kind === 'entry' ? [valueOf(drawn.values[item.key])] : []),
      ...(records.length > 0 ? [element('ul', { class: 'found' }, ...records)] : []),
    )
  }
  const shown = part(
    'The tree',
    ...told(tree, drawn.left),
    element('p', {}, element('label', { for: 'search' }, 'Find a record by its path '), search),
    found,
    picture,
    chosen,
  )
  const draw = (): void => {
    const handle = drawTree(picture, tree, { onSelect })
    show = (key) => void handle.show(key)
  }
  return { shown, draw }
}

function factsOf(item: TreeItem, did: string): HTMLElement[] {
  const line = (text: string): HTMLElement => element('p', { class: 'fact' }, element('code', {}, text))
  if (item.kind === 'entry') return [line(`at://${did}/${item.key}`), line(item.cid)]
  if (item.kind === 'node') return [line(item.cid)]
  return item.entries > 0
    ? [element('p', {}, 'From ', element('code', {}, item.first), ' to ', element('code', {}, item.last))]
    : []
}

function valueOf(value: unknown): HTMLElement {
  if (value === undefined)
    return element('p', {}, 'The record is not in this page: it is too large for it, or cannot be read.')
  return element('pre', { tabindex: '0', 'aria-label': 'The record as JSON' }, JSON.stringify(value, null, 2))
}

/** What is not to be seen, and why. */
function told(tree: TreeData, left: number): HTMLElement[] {
  const hidden = restsOf(tree)
  const notes: string[] = []
  if (hidden.entries > 0)
    notes.push(
      `This repository is large: ${count(hidden.nodes)} nodes with ${count(hidden.entries)} records are not drawn one by one; ` +
        'each dashed box stands for a part of the tree.',
    )
  if (left > 0)
    notes.push(`${count(left)} of the records that are drawn are not in this page, which would get too large.`)
  return notes.map((note) => element('p', { class: 'note' }, note))
}

function restsOf({ below }: TreeData): { nodes: number; entries: number } {
  const sum = { nodes: 0, entries: 0 }
  for (const item of below) {
    if (item.kind === 'entry') continue
    const { nodes, entries } = item.kind === 'rest' ? item : restsOf(item)
    sum.nodes += nodes
    sum.entries += entries
  }
  return sum
}

function* keysOf({ below }: TreeData): Generator<string> {
  for (const item of below)
    if (item.kind === 'entry') yield item.key
    else if (item.kind === 'node') yield* keysOf(item)
}
