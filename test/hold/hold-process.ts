/**
 * `oomloop hold` on a folder that imitates a host, since its own check for cgroup v2 would refuse it.
 *
 *     node test/hold/hold-process.ts ROOT STATE_DIR
 */
import { join } from 'node:path'
import { createCgroupTree } from '../../src/hold-service/cgroup-tree.ts'
import { runHold } from '../../src/hold-service/run-hold.ts'
import { createLiveFiles } from '../../src/input/sampler/host-files.ts'
import { createLog } from '../../src/log.ts'

const [root, stateDir] = process.argv.slice(2) as [string, string]
const hold = await runHold({
  root,
  stateDir,
  limitMs: 600_000,
  files: createLiveFiles(root),
  log: createLog('error'),
  tree: createCgroupTree({ mount: join(root, 'sys/fs/cgroup'), isCgroup2: () => true }),
})
process.stdout.write('ready\n')
process.once('SIGTERM', () => void hold.stop().then(() => process.exit(0)))
