/** Who lives in a seeded network and what they have to say. Nothing here is made up at run time: the same every time. */

export interface Person {
  /** First label of the handle; the password is the handle and `-password`. */
  name: string
  displayName: string
  description: string
  /** By name. */
  follows: readonly string[]
}

export interface Post {
  /** By which others name it. */
  id: string
  by: string
  /** `@name` mentions one of the people, `#tag` is a tag, an https address is a link. */
  text: string
  /** Minutes before now. */
  minutesAgo: number
  /** Of another post. */
  replyTo?: string
  quotes?: string
  /** What the pictures show, for those who do not see them. */
  images?: readonly string[]
  likedBy?: readonly string[]
  repostedBy?: readonly string[]
}

const CAST: readonly Person[] = [
  {
    ...{ name: 'alice', displayName: 'Alice', follows: ['bob', 'carla', 'dan'] },
    description: 'Keeps bees, writes about clocks.',
  },
  { ...{ name: 'bob', displayName: 'Bob', follows: ['alice', 'carla'] }, description: 'Bakes bread and reads maps.' },
  {
    ...{ name: 'carla', displayName: 'Carla', follows: ['alice', 'bob', 'dan'] },
    description: 'Carpenter. Measures twice. #woodwork',
  },
  {
    ...{ name: 'dan', displayName: 'Dan', follows: ['alice'] },
    description: 'Night trains, and the stations between.',
  },
]

const POSTS: readonly Post[] = [
  {
    ...{ id: 'bees', by: 'alice', minutesAgo: 600 },
    text: 'The hive by the wall is out before seven. #bees',
    likedBy: ['bob', 'carla', 'dan'],
  },
  {
    ...{ id: 'loaf', by: 'bob', minutesAgo: 540 },
    text: 'Rye, water, salt, and a day of waiting. The recipe: https://bread.example/rye #bread',
    images: ['A round dark loaf on a wooden board'],
    likedBy: ['alice', 'carla'],
    repostedBy: ['alice'],
  },
  {
    ...{ id: 'smell', by: 'alice', minutesAgo: 530, replyTo: 'loaf' },
    text: 'I could smell it from here, @bob.',
    likedBy: ['bob'],
  },
  { ...{ id: 'slice', by: 'bob', minutesAgo: 525, replyTo: 'smell' }, text: 'There is half of it left. Come over.' },
  {
    ...{ id: 'table', by: 'carla', minutesAgo: 300 },
    text: 'A table for @alice is done: ash, oiled, no nails. #woodwork',
    images: ['A pale table in a workshop', 'The corner joint of the table'],
    likedBy: ['alice', 'bob', 'dan'],
    repostedBy: ['alice', 'dan'],
  },
  {
    ...{ id: 'joint', by: 'dan', minutesAgo: 290, replyTo: 'table' },
    text: 'How long does such a joint take you?',
    likedBy: ['carla'],
  },
  {
    ...{ id: 'hour', by: 'carla', minutesAgo: 280, replyTo: 'joint' },
    text: 'An hour, if nobody asks me anything meanwhile.',
    likedBy: ['dan', 'alice'],
  },
  {
    ...{ id: 'train', by: 'dan', minutesAgo: 120 },
    text: 'The 23:40 has a dining car again. Wer hätte das gedacht? 🚂 #trains',
    likedBy: ['alice'],
  },
  {
    ...{ id: 'quote', by: 'alice', minutesAgo: 45, quotes: 'table' },
    text: 'It has stood in my kitchen since this morning. Thank you, @carla!',
    likedBy: ['carla', 'bob'],
  },
  { ...{ id: 'maps', by: 'bob', minutesAgo: 5 }, text: 'Does anybody have a map of the valley from before the dam?' },
]

const MORE_NAMES =
  'emma,frank,grace,hugo,ines,jonas,kira,leon,mara,nils,olga,pavel,quinn,rosa,sven,tilda,umut,vera,willem,xenia,yusuf,zoe'
const SUBJECTS = 'tea,rain,chess,bicycles,lanterns,apples,letters,birds,bridges,radio,moss,kites'
const SENTENCES = [
  'A whole morning of nothing but {}.',
  'Who else here thinks about {} before breakfast? #{}',
  'My grandfather had one rule about {}: never in a hurry.',
  'Found an old book about {}, with notes in the margin. #{}',
]

/** The list that the first of the cast has made. */
export const LIST = {
  by: 'alice',
  name: 'Neighbours',
  description: 'Whoever lives in this street.',
  of: ['bob', 'carla'],
}

/** So many people, the cast first, and all their posts from old to new. */
export function community(count: number): { people: Person[]; posts: Post[] } {
  const people = Array.from({ length: count }, (_, i) => CAST[i] ?? newcomer(i, count))
  const names = new Set(people.map(({ name }) => name))
  const here = (some: readonly string[] = []): string[] => some.filter((name) => names.has(name))
  const said = [...POSTS, ...people.slice(CAST.length).flatMap((person, i) => postsOf(person, i, people))]
  const all = new Map(said.map((post) => [post.id, post]))
  // A reply to somebody who is not there, or a mention, would point nowhere.
  const stands = ({ by, text, replyTo, quotes }: Post): boolean =>
    names.has(by) &&
    [...text.matchAll(/@(\w+)/g)].every(([, name]) => names.has(name!)) &&
    [replyTo, quotes].every((id) => id === undefined || stands(all.get(id)!))
  return {
    people: people.map((person) => ({ ...person, follows: here(person.follows) })),
    posts: said
      .filter(stands)
      .map((post) => ({ ...post, likedBy: here(post.likedBy), repostedBy: here(post.repostedBy) }))
      .sort((a, b) => b.minutesAgo - a.minutesAgo),
  }
}

/** Somebody beside the cast, who follows two of the cast and two of those around. */
function newcomer(i: number, count: number): Person {
  const others = [i % CAST.length, (i + 1) % CAST.length, (i * 7 + 3) % count, (i * 11 + 5) % count]
  const follows = [...new Set(others)].filter((other) => other !== i).map((other) => nameOf(other))
  const name = nameOf(i)
  const displayName = name[0]!.toUpperCase() + name.slice(1)
  return { name, displayName, description: `Mostly ${subject(i)}, sometimes ${subject(i + 5)}.`, follows }
}

function postsOf({ name: by, follows }: Person, i: number, people: readonly Person[]): Post[] {
  const fan = people[(i * 5 + 1) % people.length]!.name
  return [0, 1].map((n) => ({
    id: `${by}-${n}`,
    by,
    text: SENTENCES[(i + n) % SENTENCES.length]!.replaceAll('{}', subject(i + n * 5)),
    minutesAgo: 20 + ((i * 37 + n * 411) % 900),
    likedBy: [...new Set([...follows, fan])].filter((name) => name !== by),
  }))
}

function nameOf(i: number): string {
  if (i < CAST.length) return CAST[i]!.name
  const names = MORE_NAMES.split(',')
  const n = i - CAST.length
  const round = Math.floor(n / names.length)
  return names[n % names.length]! + (round === 0 ? '' : String(round + 1))
}

function subject(i: number): string {
  const subjects = SUBJECTS.split(',')
  return subjects[i % subjects.length]!
}
