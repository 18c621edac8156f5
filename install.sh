#!/bin/sh
# Puts oomloop on this machine, brings it up to date, or takes it away. Safe to repeat: what is in place stays as it is.
set -eu

usage() {
  cat <<'TEXT'
usage: install.sh [--webhook URL] [--format NAME] [--dry-run]
       install.sh --uninstall [--purge] [--dry-run]
       install.sh --version

Installs oomloop from the folder that this script lies in (a release folder or a checkout), or upgrades it.

  --webhook URL   where alerts go; written to the settings where they name none yet
  --format NAME   what the webhook speaks (default: by its host, else generic)
  --dry-run       says what would be done, does nothing, needs no root
  --uninstall     stops and removes it; settings and state stay
  --purge         with --uninstall: removes settings and state too
  --version       the version here and the version installed
  --help          this text

Where the C library is older than glibc 2.28 (RHEL 7, CentOS 7), or is another, the one in the release is used.

Files: /usr/local/bin/oomloop, /usr/local/lib/oomloop, /etc/oomloop, /var/lib/oomloop, and where there is systemd
/etc/systemd/system/oomloop.service. Exit 0 done, 1 not possible here, 2 wrong use.
TEXT
}

prefix=/usr/local
settings=/etc/oomloop/oomloop.yaml
environment=/etc/oomloop/environment
# The URL of --webhook.
secret=/etc/oomloop/credentials/webhook-url
state=/var/lib/oomloop
unit=/etc/systemd/system/oomloop.service
# There while files lie in place that the running service was not started with.
due=$prefix/lib/oomloop/restart-due
least_kernel=3.10
# An older one, or another C library: the one of the release is put beside the executable.
least_glibc=2.28
# The loader of that C library. The executable names it where it names the machine's: the path must not be longer.
own_loader=$prefix/lib/oomloop/ld
own_names='ld libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libstdc++.so.6 libgcc_s.so.1'
# Older ones (RHEL 7 has 219) misread the unit; they have one of their own.
least_systemd=239

main() {
  action=install dry='' purge='' webhook='' format='' puts_secret=''
  while [ $# -gt 0 ]; do
    case $1 in
      --webhook | --format)
        [ $# -ge 2 ] || wrong "$1 needs a value"
        if [ "$1" = --webhook ]; then webhook=$2; else format=$2; fi
        shift
        ;;
      --webhook=*) webhook=${1#*=} ;;
      --format=*) format=${1#*=} ;;
      --dry-run) dry=yes ;;
      --uninstall) action=uninstall ;;
      --purge) purge=yes ;;
      --version | -V) action=version ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) wrong "unknown argument: $1" ;;
    esac
    shift
  done
  [ -z "$purge" ] || [ "$action" = uninstall ] || wrong '--purge goes with --uninstall'
  [ -z "$format" ] || [ -n "$webhook" ] || wrong '--format goes with --webhook'
  check_webhook
  here=$(cd "$(dirname "$0")" && pwd)
  "do_$action"
}

do_version() {
  if find_folder; then check_c_library; say "here: $(run_here --version 2>/dev/null || echo 'does not run on this machine')"; else say 'here: none built'; fi
  if [ -x "$prefix/bin/oomloop" ]; then say "installed: $("$prefix/bin/oomloop" --version)"; else say 'installed: none'; fi
}

do_install() {
  need_root
  check_machine
  check_packages
  find_or_build_folder
  check_folder
  was=$("$prefix/bin/oomloop" --version 2>/dev/null || true)
  changed=
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  say "installing $version from $folder${was:+ over $was}"
  make_settings
  check_settings
  put_executable
  put 644 "$folder/libatomic.so.1" "$prefix/lib/oomloop/libatomic.so.1"
  put 644 "$folder/LICENSE" "$prefix/lib/oomloop/LICENSE"
  if [ -f "$folder/oomloop.1" ]; then put 644 "$folder/oomloop.1" "$prefix/share/man/man1/oomloop.1"; fi
  if [ -f "$folder/oomloop.bash" ]; then
    put 644 "$folder/oomloop.bash" "$prefix/share/bash-completion/completions/oomloop"
    put 644 "$folder/_oomloop" "$prefix/share/zsh/site-functions/_oomloop"
    put 644 "$folder/oomloop.fish" "$(fish_dir)/oomloop.fish"
  fi
  put_settings
  if command -v systemctl >/dev/null 2>&1; then start_service; else say_how_to_run; fi
}

# The fish of Debian and Fedora looks below /usr and in /etc, and below /usr/local only where XDG_DATA_DIRS says so.
fish_dir() {
  if [ -d /etc/fish ]; then echo /etc/fish/completions; else echo "$prefix/share/fish/vendor_completions.d"; fi
}

do_uninstall() {
  need_root
  if command -v systemctl >/dev/null 2>&1 && [ -f "$unit" ]; then
    if has_systemd; then act systemctl disable --now --quiet oomloop; else act systemctl disable --quiet oomloop; fi
    drop "$unit"
    if has_systemd; then act systemctl daemon-reload; fi
  fi
  for path in "$prefix/bin/oomloop" "$prefix/lib/oomloop" "$prefix/share/man/man1/oomloop.1" \
    "$prefix/share/bash-completion/completions/oomloop" "$prefix/share/zsh/site-functions/_oomloop" \
    "$prefix/share/fish/vendor_completions.d/oomloop.fish" /etc/fish/completions/oomloop.fish; do drop "$path"; done
  if [ -n "$purge" ]; then
    for path in /etc/oomloop "$state" /var/lib/private/oomloop /run/oomloop; do drop "$path"; done
  else
    for path in /etc/oomloop "$state"; do if [ -e "$path" ]; then say "kept     $path (--purge removes it)"; fi; done
  fi
  say 'oomloop is not installed'
}

# What we need of the machine; asked before anything is changed.

need_root() {
  [ -n "$dry" ] || [ "$(id -u)" = 0 ] || refuse "only root can do this: sudo $0 …, or --dry-run to see what would be done"
}

check_machine() {
  [ "$(uname -s)" = Linux ] || refuse "oomloop runs on Linux, this is $(uname -s)"
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) refuse "there is no build for $(uname -m): x86_64 and aarch64 only" ;;
  esac
  kernel=$(uname -r)
  at_least "$kernel" "$least_kernel" || refuse "needs Linux $least_kernel or later, this is $kernel; its logs can be read elsewhere by: oomloop replay"
  check_c_library
}

check_c_library() {
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d ' ' -f 2)
  own=
  if [ -z "$glibc" ] || ! at_least "$glibc" "$least_glibc"; then own=yes; fi
}

check_packages() {
  if command -v dpkg-query >/dev/null 2>&1 && dpkg-query -W -f '${db:Status-Status}' oomloop 2>/dev/null | grep -qx installed; then
    refuse 'oomloop is installed here as a package: upgrade it by dpkg --install or apt-get install'
  fi
  if command -v rpm >/dev/null 2>&1 && rpm --quiet -q oomloop 2>/dev/null; then
    refuse 'oomloop is installed here as a package: upgrade it by rpm --upgrade or dnf install'
  fi
}

find_folder() {
  arch=${arch:-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')}
  if [ -f "$here/oomloop" ]; then folder=$here && return; fi
  [ -f "$here/package.json" ] || return 1
  in_manifest=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$here/package.json")
  folder=$here/out/release/oomloop-$in_manifest-linux-$arch
  [ -f "$folder/oomloop" ]
}

find_or_build_folder() {
  if find_folder; then return; fi
  [ -f "$here/package.json" ] || refuse "there is no oomloop beside $0: unpack the whole release folder"
  if [ ! -d "$here/node_modules" ] || ! command -v npm >/dev/null 2>&1; then
    refuse 'this checkout has nothing built: npm ci && npm run -s package -- --only folder, then again'
  fi
  say 'building the executable of this checkout'
  if [ -n "$dry" ]; then say "would    npm run -s package -- --only folder --arch $arch" && exit 0; fi
  (cd "$here" && npm run -s package -- --only folder --arch "$arch") || refuse 'the build failed'
  find_folder || refuse "the build left nothing in $folder"
}

check_folder() {
  command -v sha256sum >/dev/null 2>&1 || refuse 'needs sha256sum (coreutils) to check what is installed'
  [ -f "$folder/SHA256SUMS" ] || refuse "there is no SHA256SUMS in $folder: unpack the release folder again"
  (cd "$folder" && sha256sum --check --quiet SHA256SUMS) || refuse "files in $folder are not what was released (SHA256SUMS): get the release again"
  names='oomloop libatomic.so.1 LICENSE oomloop.service oomloop-systemd219.service oomloop.yaml'
  if [ -n "$own" ]; then
    say "this machine has ${glibc:+glibc }${glibc:-another C library}: the C library of the release goes to $prefix/lib/oomloop"
    for name in loader-offset $own_names; do names="$names c-library/$name"; done
  fi
  for name in $names; do
    grep -q "^[0-9a-f]\{64\}  $name\$" "$folder/SHA256SUMS" || refuse "SHA256SUMS in $folder does not vouch for $name"
  done
  version=$(run_here --version 2>&1) || refuse "the executable does not run here: $version"
}

# Runs the executable of the release folder, which names the machine's own loader.
run_here() {
  if [ -n "$own" ]; then
    "$folder/c-library/ld" --library-path "$folder/c-library:$folder" "$folder/oomloop" "$@"
  else
    "$folder/oomloop" "$@"
  fi
}

# What is put in place.

put() {
  if [ -f "$3" ] && cmp -s "$2" "$3"; then
    say "same     $3"
    return
  fi
  changed=yes
  if [ -n "$dry" ]; then say "would write $3" && return; fi
  mkdir -p "$(dirname "$3")" "$(dirname "$due")"
  # First, so that the next run repairs a run that was interrupted here.
  : >"$due"
  # Beside it and renamed: a running program cannot be written to, and a half-written one must not be started.
  cp "$2" "$3.new"
  chmod "$1" "$3.new"
  mv -f "$3.new" "$3"
  say "wrote    $3"
}

# With the C library of the release where the machine's is too old, and without it where it is not.
put_executable() {
  if [ -z "$own" ]; then
    put 755 "$folder/oomloop" "$prefix/bin/oomloop"
    for name in $own_names copyright; do drop "$prefix/lib/oomloop/$name"; done
    return
  fi
  name_own_loader
  for name in $own_names; do put 755 "$folder/c-library/$name" "$prefix/lib/oomloop/$name"; done
  put 644 "$folder/c-library/copyright" "$prefix/lib/oomloop/copyright"
  put 755 "$scratch/oomloop" "$prefix/bin/oomloop"
}

# Writes the path of our loader over that of the machine's, zeros up to its end: this is what patchelf does, which no
# machine has.
name_own_loader() {
  offset=$(cat "$folder/c-library/loader-offset")
  cp "$folder/oomloop" "$scratch/oomloop"
  theirs=$(dd if="$scratch/oomloop" bs=1 skip="$offset" count=64 2>/dev/null | tr '\0' '\n' | head -n 1)
  case $theirs in
    /lib*/ld-linux-*.so.[0-9]) ;;
    *) refuse "$folder/oomloop does not name its loader where it should: get the release again" ;;
  esac
  [ ${#own_loader} -le ${#theirs} ] || refuse "$own_loader is too long a path"
  {
    printf '%s' "$own_loader"
    dd if=/dev/zero bs=1 count=$((${#theirs} - ${#own_loader})) 2>/dev/null
  } | dd of="$scratch/oomloop" bs=1 seek="$offset" conv=notrunc 2>/dev/null
}

make_settings() {
  wanted=$scratch/oomloop.yaml from=$settings
  [ -f "$from" ] || from=$folder/oomloop.yaml
  # It may contain URLs that are secrets.
  (umask 077 && cat "$from" >"$wanted")
  [ -n "$webhook" ] || return 0
  # Who has the URL can post there: it stands in a file of its own, for root alone.
  (umask 077 && printf '%s\n' "$webhook" >"$scratch/webhook-url")
  if grep -qF "\"$webhook\"" "$wanted"; then return; fi
  if grep -qF "$secret" "$wanted" && cmp -s "$scratch/webhook-url" "$secret"; then return; fi
  if grep -q '^webhooks:' "$wanted"; then
    refuse "$settings has webhooks already, and is yours: add the new one there by hand"
  fi
  # An editor may have left the last line without its end.
  [ -z "$(tail -c 1 "$wanted")" ] || echo >>"$wanted"
  printf 'webhooks:\n  - urlFile: %s\n    format: %s\n' "$secret" "$format" >>"$wanted"
  puts_secret=yes
}

# By the executable that is about to be installed, and before it is: a refusal leaves the machine as it was.
check_settings() {
  if [ -n "$dry" ]; then say "would check $settings" && return; fi
  checked=$wanted
  if [ -n "$puts_secret" ]; then
    # The secret is not in its place yet.
    checked=$scratch/checked.yaml
    (umask 077 && sed "s|$secret|$scratch/webhook-url|" "$wanted" >"$checked")
  fi
  # Its own place where nothing was added: paths in it may be relative to it.
  if cmp -s "$wanted" "$settings"; then checked=$settings; fi
  as_service run_here config check --config "$checked" >/dev/null ||
    refuse "the settings are not valid (above): fix $settings and run this again; nothing was changed"
}

# Runs a command with what systemd hands to the service: the environment file, and the credentials of the unit.
as_service() (
  if [ -f "$environment" ]; then
    sed -En "s/^([A-Za-z_][A-Za-z0-9_]*)=([\"']?)(.*)\2\$/\1=\3/p" "$environment" >"$scratch/environment"
    while IFS= read -r assignment; do export "${assignment?}"; done <"$scratch/environment"
  fi
  cat "$unit" "$unit".d/*.conf /run/systemd/system/oomloop.service.d/*.conf 2>/dev/null |
    sed -En 's/^(Load|Set)Credential(Encrypted)?=(.+)/\1\2:\3/p' >"$scratch/credentials.list"
  if [ -s "$scratch/credentials.list" ]; then
    export CREDENTIALS_DIRECTORY="$scratch/credentials"
    mkdir "$CREDENTIALS_DIRECTORY"
    while IFS=: read -r kind id source; do
      case $kind:$source in
        Load:/*) ln -sf "$source" "$CREDENTIALS_DIRECTORY/$id" ;;
        # Only systemd can open it. This passes for a secret and for a URL.
        *) echo http://unknown.invalid/ >"$CREDENTIALS_DIRECTORY/$id" ;;
      esac
    done <"$scratch/credentials.list"
  fi
  "$@"
)

put_settings() {
  if [ -n "$puts_secret" ]; then
    [ -n "$dry" ] || { mkdir -p "$(dirname "$settings")"; (umask 077 && mkdir -p "$(dirname "$secret")"); }
    put 600 "$scratch/webhook-url" "$secret"
  fi
  if cmp -s "$wanted" "$settings"; then
    say "kept     $settings"
  else
    put 640 "$wanted" "$settings"
  fi
}

start_service() {
  systemd=$(systemctl --version 2>/dev/null | sed -n 's/^systemd \([0-9]*\).*/\1/p')
  from=oomloop.service
  if [ -n "$systemd" ] && ! at_least "$systemd" "$least_systemd"; then from=oomloop-systemd219.service; fi
  sed "s|/usr/bin/oomloop|$prefix/bin/oomloop|" "$folder/$from" >"$scratch/oomloop.service"
  put 644 "$scratch/oomloop.service" "$unit"
  if ! has_systemd; then
    act systemctl enable --quiet oomloop
    say 'systemd does not run here now: the service starts with it'
    return
  fi
  act systemctl daemon-reload
  act systemctl enable --quiet oomloop
  if [ -z "$changed" ] && [ ! -e "$due" ] && systemctl is-active --quiet oomloop; then
    say 'running, and nothing has changed'
    return
  fi
  if [ -n "$dry" ]; then say 'would run systemctl restart oomloop' && return; fi
  systemctl restart oomloop || {
    systemctl status --no-pager --lines=20 oomloop >&2 || true
    refuse 'the service did not start (above)'
  }
  rm -f "$due"
  say 'running: oomloop status, journalctl -u oomloop'
  [ -n "$webhook" ] || grep -q '^webhooks:' "$settings" || say "no webhook yet: alerts go to the journal. Name one in $settings, or run this again with --webhook URL"
}

say_how_to_run() {
  say 'there is no systemd here. Run it as root in the foreground, by whatever keeps services up on this machine:'
  say "    $prefix/bin/oomloop run"
  say 'and let that set oom_score_adj to -999 before it starts it, and start it again if it ends.'
}

check_webhook() {
  [ -n "$webhook" ] || return 0
  case $webhook in
    http://?* | https://?*) ;;
    *) wrong '--webhook must begin with http:// or https://' ;;
  esac
  case $webhook in
    *[!A-Za-z0-9._~:/?#@!\$\&\(\)*+,\;=%\[\]-]*) wrong '--webhook holds a character that no URL has' ;;
  esac
  [ -z "$format" ] || return 0
  case $webhook in
    https://hooks.slack.com/*) format=slack ;;
    https://discord.com/api/webhooks/*) format=discord ;;
    https://*.webhook.office.com/* | https://*.logic.azure.com* | https://*.api.powerplatform.com*) format=teams ;;
    https://events.pagerduty.com/* | https://events.eu.pagerduty.com/*)
      refuse 'PagerDuty needs a routing key: set up the webhook in the settings, see docs/settings.md' ;;
    https://open.feishu.cn/* | https://open.larksuite.com/*) format=feishu ;;
    https://oapi.dingtalk.com/*) format=dingtalk ;;
    https://qyapi.weixin.qq.com/*) format=wecom ;;
    */api/v2/alerts) format=alertmanager ;;
    *) format=generic ;;
  esac
}

has_systemd() { [ -d /run/systemd/system ]; }

at_least() { [ "$(printf '%s\n%s\n' "${1%%[!0-9.]*}" "$2" | sort -t . -k 1,1n -k 2,2n | head -n 1)" = "$2" ]; }

act() {
  if [ -n "$dry" ]; then say "would run $*"; else "$@"; fi
}

drop() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then return; fi
  if [ -n "$dry" ]; then say "would remove $1" && return; fi
  rm -rf "$1"
  say "removed  $1"
}

say() { printf '%s\n' "$*"; }

refuse() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

wrong() {
  printf 'install.sh: %s; see --help\n' "$*" >&2
  exit 2
}

main "$@"
