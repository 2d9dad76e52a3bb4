# shellcheck shell=sh
# unfinished.sh: functions for what a first installation that was broken off left in a data directory; a script that fills one begins with them.

# begin_filling DATA_DIR SERVICE: mark the data directory if it is empty, and half a one makes it so: that would be taken for somebody's data, so what a
# broken off first installation made of it is set aside, and the next one starts afresh. The directory itself stays, since it may be a disk of its own.
begin_filling() {
  if is_half_filled "$1" "$2"; then
    systemctl stop "$2.service" 2> /dev/null || true
    aside=$1.unfinished.$(date +%s)
    mkdir -m 0700 "$aside"
    find "$1/" -mindepth 1 -maxdepth 1 ! -name lost+found -exec mv -t "$aside" {} +
  fi
  if is_empty "$1"; then touch "$1.baremetal-wandb-first"; fi
}

# end_filling DATA_DIR: it holds somebody's data from now on.
end_filling() {
  rm -f "$1.baremetal-wandb-first"
}

# is_half_filled DATA_DIR SERVICE: whether a first installation was broken off while it made the data. A mark alone does not say so: it stays where only
# its removal was broken off, and a server that serves these data, or has done so, may have written somebody's: it has begun a binary log then, or has
# another database than its own.
is_half_filled() {
  [ -e "$1.baremetal-wandb-first" ] && ! is_empty "$1" && ! systemctl is-active --quiet "$2.service" \
    && [ -z "$(find "$1/" -mindepth 1 -maxdepth 1 \( -name '*.index' -o -type d ! -name mysql ! -name performance_schema ! -name sys \
      ! -name '#innodb_*' ! -name lost+found \) | head -n 1)" ]
}

is_empty() {
  [ -z "$(find "$1/" -mindepth 1 -maxdepth 1 ! -name lost+found 2> /dev/null | head -n 1)" ]
}
