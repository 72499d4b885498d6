#!/usr/bin/env bash
# script/gates on a small text: open for the command, shut for programs that are not deterministic.
#   run.sh GATES LEXIGRAD WORK
set -euo pipefail
gates=$1 lexigrad=$2 work=$3
rm -rf "$work" && mkdir -p "$work"
export TMPDIR=$work LEXIGRAD=$lexigrad OMP_WAIT_POLICY=passive
awk 'BEGIN { srand(4); for (i = 0; i < 1500; ++i) printf "w%d%s", int(rand() * rand() * 300), i % 12 == 11 ? ".\n" : " " }' > "$work/text"
flags=("$work/text" --encoder attention --dropout 0.2 --shuffle --dim 16 --context 16 --batch 4 --steps 30)

# expect CODE OPEN SHUT: what the gates must say of $LEXIGRAD.
expect() {
  local code=0
  "$gates" "${flags[@]}" > "$work/said" || code=$?
  cat "$work/said"
  [ $code = "$1" ] && [ "$(grep -c ': open, the same SHA-256 ' "$work/said")" = "$2" ] &&
    [ "$(grep -c ': SHUT, ' "$work/said")" = "$3" ] || { echo "not as expected: $*"; exit 1; }
}

expect 0 4 0

# program BODY: a command in which BODY comes before the real one; `more` are flags behind those given.
program() {
  printf '#!/usr/bin/env bash\nmore=()\n%s\nexec "%s" "$@" "${more[@]}"\n' "$1" "$lexigrad" > "$work/program"
  chmod +x "$work/program"
  export LEXIGRAD=$work/program
}

program 'case "$*" in *--resume*) ;; *) more=(--seed "$(date +%N | sed s/^0*/1/)") ;; esac'
expect 1 0 4
program 'case "$*" in *"--threads 8"*) more=(--seed 7) ;; esac'
expect 1 3 1
