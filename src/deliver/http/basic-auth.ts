/** A part of a URL as it was meant; as it stands where it is not encoded, as the password `100%`. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** A URL may carry a user and a password (a reverse proxy before Alertmanager): as Basic authentication sends them. */
export function basicCredentials({ username, password }: URL): string | undefined {
  if (!username && !password) return undefined
  return Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
}
