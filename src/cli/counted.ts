/** So many of a thing, in words: `1 round`, `2 rounds`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

/** How much is in the books of crash. */
export function extentOf(books: Readonly<Record<'rounds' | 'bets' | 'transfers', number>>): string {
  const { rounds, bets, transfers } = books
  return [counted(rounds, 'round'), counted(bets, 'bet'), counted(transfers, 'transfer')].join(', ')
}
