import { page } from '../app/page-route.js'

export const operatorRoutes = [
  page('/operator', () => import('./overview-page.js')),
  page('/operator/accounts', () => import('./accounts-page.js')),
  page('/operator/accounts/:account', () => import('./account-page.js')),
  page('/operator/invites', () => import('./invites-page.js')),
  page('/operator/reports', () => import('./reports-page.js')),
  page('/operator/takedown', () => import('./takedown-page.js')),
  page('/operator/labels', () => import('./labels-page.js')),
  page('/operator/log', () => import('./log-page.js')),
  page('/operator/network', () => import('./network-page.js')),
  page('/operator/storage', () => import('./storage-page.js')),
  page('/operator/mail', () => import('./mail-page.js')),
  page('/operator/backups', () => import('./backups-page.js')),
  page('/operator/doctor', () => import('./doctor-page.js')),
  page('/operator/settings', () => import('./server-settings-page.js')),
  page('/operator/actions', () => import('./actions-page.js')),
]
