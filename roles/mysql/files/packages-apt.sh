# shellcheck shell=sh
# packages-apt.sh SOURCE SUITE DATA_DIR try|install PACKAGE...: bring packages, which may be files or NAME=VERSION, with all that they need. SUITE is the one
# that they come from, SOURCE an apt source without which they cannot be had; either may be empty. DATA_DIR is what they fill, empty where the server is
# installed whole already. With `try` they are downloaded and apt's plan is printed. Begins with the functions of unfinished.sh.
set -e
LC_ALL=C DEBIAN_FRONTEND=noninteractive
export LC_ALL DEBIAN_FRONTEND
source=$1 suite=$2 data=$3 verb=$4
shift 4
get() {
  apt-get --quiet --yes --option DPkg::Lock::Timeout=120 --option Dpkg::Options::=--force-confdef --option Dpkg::Options::=--force-confold \
    --allow-change-held-packages ${suite:+--target-release="$suite"} "$@"
}

# A held package keeps those that belong to it from being upgraded, too.
held=$(apt-mark showhold | grep -E '^(mysql|percona-server)-' || true)
if [ -n "$held" ]; then
  trap 'echo "$held" | xargs apt-mark -qq hold' EXIT
  echo "$held" | xargs apt-mark -qq unhold
fi

if [ "$verb" = try ]; then
  # Of the other sources a stale list does; of this one none. A file needs neither.
  if [ -n "$source" ]; then
    apt-get --quiet update --error-on=any --option Dir::Etc::sourcelist="$source" --option Dir::Etc::sourceparts=- --option APT::Get::List-Cleanup=0 >&2
  fi
  case $1 in
    /*) ;;
    *) apt-get --quiet update >&2 ;;
  esac
  get --download-only install "$@" >&2
  get --simulate install "$@" | sed -n '/^Inst /p' # nothing when only the last steps of an installation are missing
  exit
fi

if [ -n "$data" ]; then begin_filling "$data" mysql; fi
dpkg --configure --pending
get install "$@"
if [ -n "$data" ]; then end_filling "$data"; fi
