/** The bytes of a body, null when there are more than `most`; rejects when it does not arrive whole. */
export async function readBytes(
  { body }: Request | Response,
  most: number,
): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > most) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
