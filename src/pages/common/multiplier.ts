/** A multiplier as people read it: `2.35×`. */
export function multiplierText(multiplier: number): string {
  return `${multiplier.toFixed(2)}×`
}
