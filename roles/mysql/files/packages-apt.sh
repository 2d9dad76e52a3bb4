# shellcheck shell=sh
# packages-apt.sh SOURCE SUITE DATA_DIR update|try|install PACKAGE...: bring packages, which may be files or NAME=VERSION, with all that they need. SUITE is
# the one that they come from, SOURCE an apt source without which they cannot be had; either may be empty. DATA_DIR is what they fill, empty where the
# server is installed whole already. With `update` it is only seen that SOURCE can be used, with `try` they are downloaded and apt's plan is printed.
# `install` ends with 75 where it is to be tried again. Begins with the functions of unfinished.sh.
set -e
LC_ALL=C DEBIAN_FRONTEND=noninteractive
export LC_ALL DEBIAN_FRONTEND
source=$1 suite=$2 data=$3 verb=$4
shift 4
get() {
  apt-get --quiet --yes --option DPkg::Lock::Timeout=120 --option Dpkg::Options::=--force-confdef --option Dpkg::Options::=--force-confold \
    --allow-change-held-packages ${suite:+--target-release="$suite"} "$@"
}

# With the journal of a dpkg that was killed apt does nothing, not even a download; the next dpkg that writes anything takes it in. One that runs has a
# journal, too, and its lock then lets this one do nothing.
if [ -n "$(ls /var/lib/dpkg/updates)" ]; then dpkg --set-selections < /dev/null || true; fi

# A held package keeps those that belong to it from being upgraded, too.
held=$(apt-mark showhold | grep -E '^(mysql|percona-server)-' || true)
if [ -n "$held" ]; then
  trap 'echo "$held" | xargs apt-mark -qq hold' EXIT
  echo "$held" | xargs apt-mark -qq unhold
fi

# Of the other sources a stale list does; of this one none. A file needs neither.
if [ "$verb" != install ] && [ -n "$source" ]; then
  apt-get --quiet update --error-on=any --option Dir::Etc::sourcelist="$source" --option Dir::Etc::sourceparts=- --option APT::Get::List-Cleanup=0 >&2
fi
if [ "$verb" = update ]; then exit; fi
if [ "$verb" = try ]; then
  case $1 in
    /*) ;;
    *) apt-get --quiet update >&2 ;;
  esac
  get --download-only install "$@" >&2
  get --simulate install "$@" | sed -n '/^Inst /p' # nothing when only the last steps of an installation are missing
  exit
fi

if [ -n "$data" ]; then begin_filling "$data" mysql; fi
log=/var/log/mysql/error.log
written=$(wc -c 2> /dev/null < $log || echo 0)
if ! { dpkg --configure --pending && get install "$@"; }; then
  # The package's own script, which begins the data, keeps to itself what the server said.
  said=$(tail -c "+$((written + 1))" $log 2> /dev/null | grep -F '[ERROR]' || true)
  echo "$said" | tail -n 3 | sed -n 's/./Error: &/p' >&2
  # Debian's lets the server that begins them run a file that ends in SHUTDOWN, though that would end by itself, after its last views: a shutdown
  # that comes while it makes these, as on a busy machine, ends them with this error. Nothing is wrong then, and another attempt most likely ends well.
  if [ -n "$data" ] && is_half_filled "$data" mysql && echo "$said" | head -n 1 | grep -qF '[MY-010943]'; then exit 75; fi
  exit 1
fi
if [ -n "$data" ]; then end_filling "$data"; fi
