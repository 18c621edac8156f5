/**
 * Flags of V8 that the executable carries. A young generation of at most 3 MiB: 10 MiB less resident in the agent, for
 * a replay that takes 9 % more of the processor. `npm run -s bench -- memory --flags` measures them one by one.
 * The collector can be asked for: the agent does so when it is not needed (src/platform/v8-memory.ts). Pages that it empties
 * go back to the kernel after a second, not after eight: 11 MiB of them after a storm.
 */
export const engineFlags: readonly string[] = ['--max-semi-space-size=1', '--expose-gc', '--memory-pool-timeout=1']
