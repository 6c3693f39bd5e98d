/** The candidate that takes the fewest typing mistakes to become `word`; the first of equals. */
export function nearest(word: string, candidates: readonly string[]): string {
  let best = candidates[0] ?? ''
  let least = Infinity
  for (const candidate of candidates) {
    const mistakes = distance(word.toLowerCase(), candidate.toLowerCase())
    if (mistakes < least) [best, least] = [candidate, mistakes]
  }
  return best
}

/** The path most likely meant by another: the same name in another table first, then the nearest. */
export function nearestPath(path: string, candidates: readonly string[]): string {
  const name = path.split('.').at(-1) ?? path
  const moved = candidates.filter((candidate) => candidate.split('.').at(-1) === name)
  return nearest(path, moved.length > 0 ? moved : candidates)
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
