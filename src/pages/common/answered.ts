/** What an answer says; throws the message of a refusal, or its status where it has none. */
export async function answered<Body>(answer: Response): Promise<Body> {
  const body = (await answer.json()) as Body & { readonly message?: string }
  if (!answer.ok) throw new Error(body.message ?? String(answer.status))
  return body
}
