import type { Messages } from '../en.ts'

/** Verdicts by their type: `name` is a title. */
export const verdicts = {
  'memory-exhaustion': { name: '内存耗尽' },
  'respawn-loop': { name: 'OOM 重启循环' },
  'oom-storm': { name: 'OOM 风暴' },
  'node-daemon-killed': { name: '节点核心服务被杀' },
  'memory-leak': { name: '内存泄漏' },
  'agent-impaired': { name: 'oomloop 自身异常' },
} satisfies Messages['verdicts']
