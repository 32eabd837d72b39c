/**
 * What `require('skylog/testing')` gives. A server of ES modules cannot be loaded into every program that requires, Jest's
 * tests among them: the network is always in a process of its own.
 */
import { startIsolatedNetwork } from './isolated-network.js'

export { startIsolatedNetwork as startTestNetwork }
