# shellcheck shell=sh
# kill_at.sh TASK SECONDS PLAYBOOK OPTION...: run the playbook and kill it without warning so long after TASK began, with its workers, which have sessions of
# their own. Says "killed"; a play that ends before that task has said why.
task=$1 seconds=$2 playbook=$3
shift 3
ansible-playbook "$@" "$playbook" | while IFS= read -r line; do
  case $line in
    "TASK ["*" : $task]"*)
      sleep "$seconds"
      pkill --signal KILL --full "ansible-playbook .*$playbook\$"
      echo killed
      break
      ;;
    *) printf '%s\n' "$line" ;;
  esac
done
