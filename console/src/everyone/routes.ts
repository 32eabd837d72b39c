import { page } from '../app/page-route.js'

export const everyoneRoutes = [
  page('/', () => import('./about-page.js')),
  page('/explore', () => import('./explore-page.js')),
  page('/explore/:actor', () => import('./repo-page.js')),
  page('/explore/:actor/tree', () => import('./tree-page.js')),
  page('/explore/:actor/:collection', () => import('./collection-page.js')),
  page('/explore/:actor/:collection/:rkey', () => import('./record-page.js')),
  page('/firehose', () => import('./firehose-page.js')),
]
