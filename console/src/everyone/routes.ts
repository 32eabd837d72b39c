import { page } from '../app/page-route.js'

export const everyoneRoutes = [page('/', () => import('./about-page.js'))]
