import { LocationProvider, Route, Router } from 'preact-iso'
import { accountRoutes } from '../account/routes.js'
import { clientRoutes } from '../client/routes.js'
import { everyoneRoutes } from '../everyone/routes.js'
import { operatorRoutes } from '../operator/routes.js'
import { announce, Announcer } from './announcer.js'
import { Guarded } from './failed-page.js'
import { Layout } from './layout.js'
import { NotFound } from './not-found.js'
import { SessionEnded } from './session-ended.js'

/** Every page, each in a file that is fetched when it is first opened. */
const ROUTES = [...everyoneRoutes, ...clientRoutes, ...accountRoutes, ...operatorRoutes]

/** Links to what is no page (exports, images, calls) are the browser's own matter. */
const NO_PAGE = /^\/(?!xrpc\/|admin\/|account\/|img\/|vid\/|assets\/)/

export function App() {
  return (
    <LocationProvider scope={NO_PAGE}>
      <Layout>
        <Guarded>
          <Router onRouteChange={announce}>
            {[
              ...ROUTES.map(({ path, component }) => <Route key={path} path={path} component={component} />),
              <Route key="default" default component={NotFound} />,
            ]}
          </Router>
        </Guarded>
      </Layout>
      <Announcer />
      <SessionEnded />
    </LocationProvider>
  )
}
