/** What an answer is made of. In an object, a name that ends in `?` may be absent; names that are not there must not be. */
export type Shape = 'text' | 'number' | 'boolean' | 'time' | 'any' | Shapes | readonly [Shape] | (() => Shape)

/** The shapes of an object's properties. */
export interface Shapes {
  readonly [name: string]: Shape
}

/** Where a value differs from its shape; nothing when it fits. */
export function misfits(value: unknown, shape: Shape, path = ''): string[] {
  if (typeof shape === 'function') return misfits(value, shape(), path)
  if (typeof shape === 'string') return FITS[shape](value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${shape}`]
  if (isList(shape))
    return Array.isArray(value)
      ? value.flatMap((item, i) => misfits(item, shape[0], `${path}[${i}]`))
      : [`${path}: no list`]
  if (typeof value !== 'object' || value === null) return [`${path}: no object`]
  const wanted = new Map(Object.entries(shape).map(([name, inner]) => [name.replace('?', ''), { name, inner }]))
  const unknown = Object.keys(value).filter((name) => !wanted.has(name))
  return [
    ...unknown.map((name) => `${path}.${name}: unknown`),
    ...[...wanted].flatMap(([key, { name, inner }]) => {
      const found = (value as Record<string, unknown>)[key]
      if (found !== undefined) return misfits(found, inner, `${path}.${key}`)
      return name.endsWith('?') ? [] : [`${path}.${key}: absent`]
    }),
  ]
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape)

const FITS: Record<Extract<Shape, string>, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string',
  number: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  time: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  any: (value) => typeof value === 'object' && value !== null,
}
