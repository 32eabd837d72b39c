/** What commands do as moderators in a data directory: by the server that runs on it if there is one, or here. */
import type { Config } from '../config/config.js'
import { HandleResolver } from '../identity/handle-resolver.js'
import { type AskedLabel, LabelIssuer } from '../moderation/label-issuer.js'
import type { IssuedLabel } from '../moderation/labels-admin.controller.js'
import { Reports } from '../moderation/reports.js'
import { online } from './running-server.js'

const ACTOR = 'cli'

/** Sets a label, or takes it back; `uri` may be a handle. @throws as {@link LabelIssuer.issue} */
export function issueLabel(asked: AskedLabel, reason: string | undefined, config: Config): Promise<IssuedLabel> {
  return online(
    config,
    async (server) => (await (await server.post('/admin/labels', { ...asked, reason })).json()) as IssuedLabel,
    async (app) => {
      const isHandle = !asked.uri.includes(':')
      const uri = isHandle ? await app.get(HandleResolver, { strict: false }).resolve(asked.uri) : asked.uri
      if (uri === null) throw new Error(`there is no account ${asked.uri}`)
      const issuer = app.get(LabelIssuer, { strict: false })
      return { uri, changed: await issuer.issue({ ...asked, uri }, ACTOR, reason) }
    },
  )
}

/** Closes reports. Gives the numbers of those that were open. */
export function resolveReports(ids: readonly number[], note: string | null, config: Config): Promise<number[]> {
  return online(
    config,
    async (server) => {
      const answer = await server.post('/admin/reports/resolve', { ids, ...(note !== null && { note }) })
      return ((await answer.json()) as { resolved: number[] }).resolved
    },
    (app) => app.get(Reports, { strict: false }).resolve(ids, note, ACTOR),
  )
}
