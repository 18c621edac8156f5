/** Whether a log is YAML, as `gcloud logging read` and `kubectl get events -o yaml` print it. */
export function isYaml(head: string): boolean {
  return (
    /^(?:---|apiVersion: |insertId: |jsonPayload:|logName: )/.test(head) &&
    /^\s*(?:MESSAGE|message|textPayload): /m.test(head)
  )
}

/** The same as JSON, document by document; one that is no YAML after all is left out. */
export async function* jsonOfYaml(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { parse } = await import('yaml')
  const decoder = new TextDecoder()
  let rest = ''
  const asJson = function* (text: string): Generator<Buffer> {
    if (text.trim() === '' || text.length > maxDocument) return
    try {
      yield Buffer.from(`${JSON.stringify(parse(text, { logLevel: 'silent', maxAliasCount: 0 }))}\n`)
    } catch {
      // cut off, or no YAML
    }
  }
  for await (const chunk of chunks) {
    const documents = (rest + decoder.decode(chunk, { stream: true })).split(/^---$/m)
    rest = documents.pop()!
    for (const document of documents) yield* asJson(document)
    // A document without an end is held no further.
    if (rest.length > maxDocument) rest = rest.slice(0, maxDocument + 1)
  }
  yield* asJson(rest)
}

// `kubectl get events -o yaml` of a whole cluster is one document.
const maxDocument = 8 * 1024 * 1024
