/** The page that `skylog inspect --html` writes: a report that was put into it, drawn. */
import type { InspectPage } from '../../../src/modules/cli/inspect-page.js'
import '../styles/base.css'
import { element, part } from './element.js'
import { figures } from './figures.js'
import './inspect.css'
import { treePart } from './tree-part.js'

const page = JSON.parse(document.querySelector('#data')!.textContent) as InspectPage
const { did, facts, problems } = page
const { shown, draw } = treePart(page)

document.title = `${did} · Skylog`
document
  .querySelector('#report')!
  .append(
    element('h1', {}, did),
    element(
      'dl',
      { class: 'facts' },
      ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    ),
    problems.length === 0
      ? element('p', {}, 'No problems found.')
      : part('Problems', element('ul', {}, ...problems.map((problem) => element('li', {}, problem)))),
    shown,
    ...figures(page),
  )
draw()
