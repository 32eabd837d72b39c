/** How much dearer the same call is in the largest repository than in the smallest. */
export function growthRatios(rows) {
  const grown = rows.filter((row) => row.grows)
  return [...new Set(grown.map((row) => row.grows.name))].map((name) => {
    const same = grown.filter((row) => row.grows.name === name)
    const [small, large] = [same[0], same.at(-1)]
    return {
      name,
      from: small.grows.size,
      to: large.grows.size,
      p50: large.p50 / small.p50,
      cpu: large.cpu / small.cpu,
    }
  })
}
