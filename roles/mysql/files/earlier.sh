# shellcheck shell=sh
# earlier.sh keep|restore|forget FOLDER FILE...: keep files in FOLDER as they are, bring them to that again (those that were not there are removed), or
# forget what was kept. What a run that was broken off kept stays, since its files are not those of an earlier one.
set -e
verb=$1 folder=$2
shift 2
case $verb in
  keep)
    if ! [ -e "$folder" ]; then
      rm -rf "$folder.new"
      mkdir -m 0700 "$folder.new"
      for file; do
        if [ -e "$file" ]; then cp --preserve=all "$file" "$folder.new/"; fi
      done
      mv "$folder.new" "$folder"
    fi
    ;;
  restore)
    for file; do
      if [ -e "$folder/${file##*/}" ]; then cp --preserve=all "$folder/${file##*/}" "$file"; else rm -f "$file"; fi
    done
    ;;
  forget) rm -rf "$folder" ;;
esac
