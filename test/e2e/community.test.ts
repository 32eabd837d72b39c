import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Cast } from './community/cast.js'
import { Story } from './community/story.js'

let cast: Cast

beforeAll(async () => {
  cast = await Cast.assemble()
  await new Story(cast).tell()
}, 60_000)
afterAll(() => cast.leave())

it('tells', () => { expect(cast.lexicons.problems).toEqual([]); console.log([...cast.lexicons.answered]) })
void describe
