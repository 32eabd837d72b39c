import { it } from '@jest/globals'
import { Cast } from './community/cast.js'
import { Story } from './community/story.js'
import { Database } from '../../src/modules/database/database.js'
it('probes', async () => {
  const cast = await Cast.assemble()
  await new Story(cast).tell()
  const db = cast.server.app.get(Database, { strict: false })
  console.log(cast.names.named(await db.read.all("SELECT * FROM bsky_notification WHERE reason LIKE '%verified'")))
  console.log(await cast.ask('carla', 'app.bsky.notification.listNotifications', {reasons: ['unverified', 'verified']}))
  await cast.leave()
}, 120000)
