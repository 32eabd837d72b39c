import { page } from '../app/page-route.js'

export const accountRoutes = [
  page('/sign-in', () => import('./sign-in-page.js')),
  page('/sign-up', () => import('./sign-up-page.js')),
  page('/reset-password', () => import('./reset-password-page.js')),
  page('/settings', () => import('./settings-page.js')),
  page('/settings/sign-in', () => import('./credentials-page.js')),
  page('/settings/sessions', () => import('./sessions-page.js')),
  page('/settings/email', () => import('./email-page.js')),
  page('/settings/handle', () => import('./handle-page.js')),
  page('/settings/data', () => import('./data-page.js')),
  page('/settings/move', () => import('./move-page.js')),
]
