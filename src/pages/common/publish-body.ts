/** The body that publishes, `data` being JSON as it was typed: parsed and written again, 12.50 would leave as 12.5. */
export function publishBody(head: object, data: string): string {
  return `${JSON.stringify(head).slice(0, -1)},"data":${data}}`
}
