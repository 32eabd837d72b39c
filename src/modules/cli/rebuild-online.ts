import { ALONE, Rebuild, type Rebuilt } from '../../projections/replay/rebuild.js'
import type { Config } from '../config/config.js'
import { online } from './running-server.js'

/**
 * Rebuilds, or verifies, the projections of these names: by the server that runs on the data directory, or here.
 * @throws as {@link Rebuild.run}; Error with what the server says against it
 */
export function rebuild(
  config: Config,
  names: readonly string[],
  verify: boolean,
  onProgress: (done: number, total: number) => void,
): Promise<Rebuilt> {
  return online(
    config,
    (server) => server.work<Rebuilt>('/admin/rebuild', { names, verify }, onProgress),
    (app) =>
      app
        .get(Rebuild, { strict: false })
        .run(names, { verify, pace: ALONE, onProgress: ({ done, total }) => onProgress(done, total) }),
  )
}
