import type { AnyComponent } from 'preact'
import { lazy } from 'preact-iso'
import { NotFetched } from './failed-page.js'

/** A page and where it is. `path` as in the router: `/explore/:did`. */
export interface PageRoute {
  path: string
  component: AnyComponent
}

/** A page in a file of its own, whose default export it is. */
export function page(path: string, load: () => Promise<{ default: AnyComponent }>): PageRoute {
  const component = lazy(() =>
    load().catch((error: unknown) => {
      console.error(error)
      return { default: NotFetched }
    }),
  )
  return { path, component: component as AnyComponent }
}
