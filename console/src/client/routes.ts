import { page } from '../app/page-route.js'

export const clientRoutes = [
  page('/home', () => import('./home-page.js')),
  page('/notifications', () => import('./notifications/notifications-page.js')),
  page('/settings/seeing', () => import('./seeing-page.js')),
  page('/search', () => import('./search-page.js')),
  page('/profile/:actor', () => import('./people/profile-page.js')),
  page('/profile/:actor/:tab', () => import('./people/profile-page.js')),
  page('/profile/:actor/post/:rkey', () => import('./thread-page.js')),
  page('/profile/:actor/post/:rkey/:echo', () => import('./echo-page.js')),
]
