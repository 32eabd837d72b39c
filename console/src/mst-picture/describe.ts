import type { PictureItem } from '../../../src/repo-engine/mst/picture.js'

const COUNT = new Intl.NumberFormat('en')

/** An item in a line, for those who point at it and those who hear it. */
export function describe(item: PictureItem): string {
  if (item.kind === 'entry') return item.key
  if (item.kind === 'node') {
    const records = item.below.filter(({ kind }) => kind === 'entry').length
    return `Node on layer ${item.layer}: ${counted(records, 'record')}, ${COUNT.format(item.size)} bytes`
  }
  return item.nodes === 0
    ? `${counted(item.entries, 'more record')} in this node, not drawn`
    : `Not drawn: ${counted(item.nodes, 'node')} from layer ${item.layer} down, ${counted(item.entries, 'record')}`
}

/** The collection of a record's key. */
export function collectionOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

function counted(value: number, noun: string): string {
  return `${COUNT.format(value)} ${noun}${value === 1 ? '' : 's'}`
}
