/** The text with every card number in it reduced to its last four digits (J21): such a text reaches every member of a family. */
export function masked(text: string): string {
  return text.replace(cardLike, (found) => {
    const digits = found.replace(/\D/g, '')
    return isCard(digits) ? `**** **** **** ${digits.slice(-4)}` : found
  })
}

/** 13 to 19 digits, in groups or not, the first as on payment cards: a time in ms or µs begins with 1. */
const cardLike = /(?<![0-9])[2-6](?:[ -]?[0-9]){12,18}(?![0-9])/g

/** ISO/IEC 7812: the check digit is what tells a card number from any other long number. */
function isCard(digits: string): boolean {
  let sum = 0
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place])
    const weighed = place % 2 === 0 ? digit : digit * 2
    sum += weighed > 9 ? weighed - 9 : weighed
  }
  return sum % 10 === 0
}
