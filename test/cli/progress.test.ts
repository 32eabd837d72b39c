/** The bar of long work, in terminals of any width. */
import { barText } from '../../src/modules/cli/progress.js'

const figures = { share: 0.5, amounts: '50,000 of 100,000 records', rate: '3,417/s', left: '1 min 15 s left' }

it.each([
  [120, 'Reading ███████████████░░░░░░░░░░░░░░░ 50%  50,000 of 100,000 records  3,417/s  1 min 15 s left'],
  [80, 'Reading ████████░░░░░░░ 50%  50,000 of 100,000 records  3,417/s  1 min 15 s left'],
  [60, 'Reading 50%  50,000 of 100,000 records  1 min 15 s left'],
  [40, 'Reading █████░░░░░ 50%  1 min 15 s left'],
  [20, 'Reading ███░░ 50%'],
])('in %i columns', (columns, text) => {
  expect(barText('Reading', figures, columns)).toBe(text)
})

it('is never wider than the terminal', () => {
  for (let columns = 12; columns < 150; columns++)
    expect(barText('Reading', figures, columns).length).toBeLessThanOrEqual(columns)
})

it('of an unknown amount there is no bar', () => {
  expect(barText('Looking', { share: null, amounts: '12 events', rate: '3/s', left: null }, 80)).toBe(
    'Looking 12 events  3/s',
  )
})
