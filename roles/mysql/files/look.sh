# shellcheck shell=sh
# look.sh MYSQLD PORT MAIN_FILE SETTINGS_FILE DATA_DIR ROTATION_FILE ADDRESSES SERVICE SOURCE LOG...: what is known of MySQL on this host before anything is
# changed, as lines NAME=VALUE. Begins with the functions of options.sh and unfinished.sh.
#   program            what MYSQLD says of its version; nothing when it is not there or cannot run
#   package, status    the version of the package that MYSQLD came with, and dpkg's word for its state ("ii" is installed whole)
#   held, loose        the packages of the server that are held against upgrades, and those that are not
#   memory             MiB of the host
#   running, as        the file of another server that has PORT, and what that says of its version
#   unread             yes when no option file of the server leads to SETTINGS_FILE
#   foreign            each of ADDRESSES, which have commas between them, that the host cannot listen on
#   datadir            the data directory that SETTINGS_FILE names
#   listed, elsewhere  the names of all settings in it, and those of them that other option files set, too
#   later              what option files set that the server reads after it, each as NAME:FILE
#   written            the SHA-256 of SETTINGS_FILE
#   data               what DATA_DIR holds: nothing, mysql VERSION, mysql (of a version that it does not tell), old (5.7 and before), mariadb, other,
#                      unfinished (a first installation by this role was broken off, so nobody's data can be in it)
#   marked             yes when the mark of a first installation is there, whether or not one was broken off
#   lost               yes when DATA_DIR, which the option files name, holds nothing, and SETTINGS_FILE is of a server that has run
#   owner              whose DATA_DIR is when it holds nothing
#   unfilled           yes on EL, whose packages fill no data directory, when DATA_DIR is the one that the option files name and is still to be filled
#   source             SOURCE, the file of the repository that this role wrote, in base64
#   unloaded           yes when systemd has not read the unit's files as they are now
#   log_folder         yes when there is a folder for the last LOG
#   logrotate          its program, if it is there
#   rotation           mode and owners, and the SHA-256 of ROTATION_FILE, which is this role's
#   unrotated          each LOG that no other file of logrotate names: it takes none that two files name
LC_ALL=C
export LC_ALL
mysqld=$1 port=$2 main=$3 settings=$4 folder=$5 rotation=$6 addresses=$7
service=$8 source=$9
shift 9
state=''

program=$("$mysqld" --version 2> /dev/null) && echo "program=$program" | head -n 1
real=$(readlink -f "$mysqld")
if command -v dpkg-query > /dev/null; then
  name=$(dpkg-query --search "$real" 2> /dev/null | cut -d: -f1 | head -n 1)
  held='' loose='' package=''
  # The package of the service is set up last, so its state tells whether an installation was broken off.
  for one in $(printf '%s\n' "$name" "$(printf '%s\n' "$name" | sed 's/-core//')" | sort -ru); do
    if found=$(dpkg-query --show --showformat='${db:Status-Abbrev} ${Version}' "$one" 2> /dev/null) && [ "${found%% *}" != un ]; then
      state=${found%% *}
      package="package=${found##* }
status=$state"
      case $found in h*) held="$held $one" ;; *) loose="$loose $one" ;; esac
    fi
  done
  echo "held=${held# }"
  echo "loose=${loose# }"
  [ -z "$package" ] || echo "$package"
elif command -v rpm > /dev/null; then
  rpm --query --file --queryformat 'package=%{VERSION}-%{RELEASE}\n' "$real" 2> /dev/null | grep '^package=' | head -n 1
fi
sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo | while read -r kilobytes; do echo "memory=$((kilobytes / 1024))"; done

# Of this host only: the processes of a container are seen, too, and are none of our business.
for pid in $(ss --no-header --listening --tcp --numeric --processes "sport = :$port" 2> /dev/null | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u); do
  file=$(readlink "/proc/$pid/exe") || continue
  file=${file% (deleted)} # an upgrade may have replaced it
  [ "$(readlink "/proc/$pid/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] && [ "$file" != "$real" ] || continue
  echo "running=$file"
  case ${file##*/} in
    mysqld* | mariadbd*)
      libraries=$(tr '\0' '\n' < "/proc/$pid/environ" | sed -n 's/^LD_LIBRARY_PATH=//p')
      echo "as=$(LD_LIBRARY_PATH=$libraries "$file" --version 2> /dev/null)" | head -n 1
      ;;
  esac
  break
done

leads() { grep --quiet --line-regexp --fixed-strings -e "$OURS"; }
if ! flatten "$main" "$settings" '' | leads && ! whole_options "$mysqld" "$main" "$settings" '' | leads; then echo unread=yes; fi

# The kernel says what is local: addresses of the host, loopback's network, and what is routed to it. Where it binds others too, it does not matter.
foreign=''
if command -v ip > /dev/null && [ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2> /dev/null)" != 1 ]; then
  for address in $(printf '%s\n' "$addresses" | tr , ' '); do
    case $address in '0.0.0.0' | '::' | *[!0-9A-Fa-f.:]*) continue ;; esac # anything, names, and addresses of another network namespace
    case $address in *.*.*.* | *:*) ip route get "$address" 2> /dev/null | grep --quiet '^local ' || foreign="$foreign $address" ;; esac
  done
fi
echo "foreign=${foreign# }"

sed -n 's/^datadir *= */datadir=/p' "$settings" 2> /dev/null
listed=$(sed -n 's/^\([a-z][a-z0-9_]*\) *=.*/\1/p' "$settings" 2> /dev/null | tr '\n' ' ')
echo "listed=$listed"
whole=$(whole_options "$mysqld" "$main" "$settings" '')
others=$(
  [ -z "$listed" ] || printf '%s\n' "$whole" | sed -n 's/^[[:space:]]*\([A-Za-z][A-Za-z0-9_-]*\).*/\1/p' | tr 'A-Z-' 'a-z_' | sed 's/^loose_//'
)
echo "elsewhere=$(printf '%s\n' "$listed" | tr ' ' '\n' | sed 's/^loose_//' | grep --line-regexp --fixed-strings -e "$others" | tr '\n' ' ')"
later=$(
  printf '%s\n' "$whole" | awk -v ours="$OURS" -v of="$OF_FILE" '
    index($0, of) == 1 { file = substr($0, length(of) + 1); gsub(/[ \t]/, "?", file) }
    $0 == ours { after = 1 }
    /^[ \t]*\[/ { group = $0; gsub(/^[ \t]*\[|\].*/, "", group) }
    after && group ~ /^(mysqld(-[0-9].*)?|server)$/ && /^[ \t]*[A-Za-z]/ {
      sub(/^[ \t]+/, ""); sub(/[^A-Za-z0-9_-].*/, ""); name = tolower($0); gsub(/-/, "_", name); sub(/^loose_/, "", name); print name ":" file
    }' | tr '\n' ' '
)
echo "later=${later% }"
if [ -e "$settings" ]; then echo "written=$(sha256sum < "$settings" | cut -d' ' -f1)"; fi
holds=other
if is_empty "$folder"; then
  holds=nothing
  if [ -e "$folder" ]; then echo "owner=$(stat --format=%U "$folder")"; fi
elif [ "${state#?}" != i ] && is_half_filled "$folder" "$service"; then
  holds=unfinished
elif [ -e "$folder/aria_log_control" ] || [ -e "$folder/mariadb_upgrade_info" ]; then
  holds=mariadb
elif [ -e "$folder/mysql.ibd" ]; then
  # 8.4 and later keep a history, earlier ones a version.
  version=$(cat "$folder/mysql_upgrade_history" "$folder/mysql_upgrade_info" 2> /dev/null | grep -o '[0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*' | tail -n 1)
  holds="mysql${version:+ $version}"
elif [ -e "$folder/mysql/user.frm" ]; then
  holds=old
fi
echo "data=$holds"
if [ -e "$folder.baremetal-wandb-first" ]; then echo marked=yes; fi
case $holds in
  nothing | unfinished)
    named=$(
      whole_options "$mysqld" "$main" "$settings" "$(cat "$settings" 2> /dev/null)" \
        | sed -n -E 's/^[[:space:]]*datadir[[:space:]]*=[[:space:]]*(.*[^[:space:]/])\/?[[:space:]]*$/\1/p' | tail -n 1
    )
    if [ "${named:-$folder}" = "$folder" ]; then
      if [ -n "$program" ] && ! command -v dpkg-query > /dev/null; then echo unfilled=yes; fi
      # A first installation names the data directory alone; the other settings come when it has been filled.
      case "$holds ${listed% }" in 'nothing ' | 'nothing datadir' | unfinished*) ;; *) echo lost=yes ;; esac
    fi
    ;;
esac

if [ -e "$source" ]; then echo "source=$(base64 --wrap=0 "$source")"; fi
echo "logrotate=$(command -v logrotate)"
if [ -e "$rotation" ]; then
  echo "rotation=$(stat --format=%a:%u:%g "$rotation") $(sha256sum < "$rotation" | cut -d' ' -f1)"
fi
# What stands at the beginning of a line there are paths, as globs, which become regular expressions.
named=$(
  for file in /etc/logrotate.d/*; do
    case $file in "$rotation" | *~ | *.dpkg-* | *.rpm*) ;; *) sed -n 's/^\("\{0,1\}\/[^{]*\).*/\1/p' "$file" 2> /dev/null ;; esac
  done | tr -d '"' | tr -s '[:space:]' '\n' | sed 's/[.]/\\./g; s/[*]/[^\/]*/g; s/[?]/[^\/]/g'
)
unrotated=''
for log; do
  echo "$log" | grep --quiet --line-regexp "$named" || unrotated="$unrotated $log"
done
echo "unrotated=${unrotated# }"
if [ "$(systemctl show --property=NeedDaemonReload --value "$service.service" 2> /dev/null)" = yes ]; then echo unloaded=yes; fi
if [ -d "${log%/*}" ]; then echo log_folder=yes; fi
