import { page } from '../app/page-route.js'

export const operatorRoutes = [page('/operator', () => import('./operator-page.js'))]
