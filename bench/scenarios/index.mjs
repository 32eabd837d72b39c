import { exports } from './export.mjs'
import { growth } from './growth.mjs'
import { imports } from './import.mjs'
import { read } from './read.mjs'
import { start } from './start.mjs'
import { write } from './write.mjs'

/** Every scenario: an async generator of rows of figures about the server of a {@link Bench}. In the order of a run. */
export const SCENARIOS = { start, write, growth, read, export: exports, import: imports }
