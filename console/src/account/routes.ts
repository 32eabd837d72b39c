import { page } from '../app/page-route.js'

export const accountRoutes = [page('/sign-in', () => import('./sign-in-page.js'))]
