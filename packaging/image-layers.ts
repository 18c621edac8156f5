import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What Node.js links to. libatomic comes with the program. */
export const basePackages = ['libc6', 'libgcc-s1', 'libstdc++6'] as const

export const shellPackage = 'busybox-static'

/** The shared libraries of Debian's packages, their licences, and the few files that a C library looks for. */
export function layBase(dir: string, trees: readonly string[]): void {
  for (const tree of trees)
    for (const path of readdirSync(tree, { recursive: true, encoding: 'utf8' }))
      if (isWanted(path)) copyEntry(join(tree, path), join(dir, path))
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
    chmodSync(join(dir, path), 0o644)
  }
  put('etc/passwd', 'root:x:0:0:root:/:/sbin/nologin\noomloop:x:65532:65532:oomloop:/:/sbin/nologin\n')
  put('etc/group', 'root:x:0:\noomloop:x:65532:\n')
  put('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
  for (const mount of ['proc', 'sys', 'dev', 'run', 'host', 'etc/oomloop', 'var/lib/oomloop'])
    mkdirSync(join(dir, mount), { recursive: true })
  mkdirSync(join(dir, 'tmp'))
  chmodSync(join(dir, 'tmp'), 0o1777)
}

/** Libraries and the loader; no converters of character sets, no locales, no Python for debuggers. */
function isWanted(path: string): boolean {
  if (/^usr\/share\/doc\/[^/]+\/copyright$/.test(path)) return true
  return /^(usr\/)?lib(64)?\//.test(path) && !path.includes('/gconv') && /(\.so(\.[0-9.]+)?|ld-linux[^/]*)$/.test(path)
}

function copyEntry(from: string, to: string): void {
  const stat = lstatSync(from)
  if (stat.isDirectory() || existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
  else {
    copyFileSync(from, to)
    chmodSync(to, stat.mode & 0o777)
  }
}

export function layProgram(dir: string, folder: string): void {
  const put = (name: string, path: string, mode: number): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    copyFileSync(join(folder, name), join(dir, path))
    chmodSync(join(dir, path), mode)
  }
  put('oomloop', 'usr/bin/oomloop', 0o755)
  put('libatomic.so.1', 'usr/lib/oomloop/libatomic.so.1', 0o644)
  put('LICENSE', 'usr/share/doc/oomloop/copyright', 0o644)
}

/** A shell, chroot and mkfifo in one static file. */
export function layShell(dir: string, tree: string): void {
  const busybox = join(tree, 'bin/busybox')
  mkdirSync(join(dir, 'bin'))
  copyFileSync(busybox, join(dir, 'bin', basename(busybox)))
  chmodSync(join(dir, 'bin/busybox'), 0o755)
  for (const name of ['sh', 'chroot', 'mkfifo']) symlinkSync('busybox', join(dir, 'bin', name))
  const licence = 'usr/share/doc/busybox-static/copyright'
  mkdirSync(dirname(join(dir, licence)), { recursive: true })
  copyFileSync(join(tree, licence), join(dir, licence))
  chmodSync(join(dir, licence), 0o644)
}
