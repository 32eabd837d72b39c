import { Clock } from '../../../src/modules/config/clock.js'
import { PeerStates } from '../../../src/modules/replication/peer-states.js'

let now = 1000
const clock = new Clock()
clock.now = () => now

it('remembers what it is told until it is to forget, and since when a connection is what it is', () => {
  const states = new PeerStates(clock)
  const unknown = { connection: 'idle', since: 1000, events: 0, newest: null }
  now = 2000
  expect(states.of(1)).toEqual(unknown)
  states.set(1, { connection: 'connecting' })
  now = 3000
  states.set(1, { connection: 'connected', newest: 70 })
  now = 4000
  states.set(1, { connection: 'connected', events: states.of(1).events + 2 })
  expect(states.of(1)).toEqual({ connection: 'connected', since: 3000, events: 2, newest: 70 })
  expect(states.of(2)).toEqual(unknown)
  states.forget(1)
  expect(states.of(1)).toEqual(unknown)
})
