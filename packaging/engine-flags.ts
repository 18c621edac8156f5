/** Flags of V8 that the executable carries; what each is worth is measured by `npm run -s bench -- memory`. */
export const engineFlags: readonly string[] = ['--max-semi-space-size=1', '--optimize-for-size']
