#!/usr/bin/env bash
# Prints the table of docs/command.md: what every optimizer comes to under every encoder, position method and loss with
# its own defaults. Usage: bench/defaults.sh [LEXIGRAD [OPTIMIZER ...]], the command that was built.
set -euo pipefail
lexigrad=${1:-build/bin/lexigrad}
optimizers=(sgd adam adamw nadam radam adagrad rmsprop adadelta lion)
if (($# > 1)); then optimizers=("${@:2}"); fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$lexigrad" corpus --out "$work/text" --sentences 3000 > "$work/corpus.log"

# The held-out loss of a run with these flags.
held_out() {
  rm -rf "$work/run"
  "$lexigrad" train "$work/text" --out "$work/run" --steps 600 "$@" > "$work/train.log" 2>&1 || { tail -1 "$work/train.log" >&2; echo failed; return; }
  sed -n 's/^held-out loss \([0-9.]*\).*/\1/p' "$work/train.log"
}

row() {
  printf '| %s |' "$1"
  for optimizer in "${optimizers[@]}"; do printf ' %s |' "$(held_out --optimizer "$optimizer" "${@:2}")"; done
  printf '\n'
}

printf '| encoder, positions, loss |'
printf ' %s |' "${optimizers[@]}"
printf '\n| --- |'
printf ' --- |%.0s' "${optimizers[@]}"
printf '\n'
for encoder in none mean; do
  for positions in learned none sinusoidal; do row "$encoder, $positions" --encoder $encoder --positions $positions; done
done
for positions in alibi learned none relative_key relative_key_query rope-half-split rope-interleaved shaw sinusoidal t5 transformer_xl; do
  row "attention, $positions" --encoder attention --positions $positions
done
for encoder in none mean attention; do
  for loss in sampled-softmax negative-sampling nce; do row "$encoder, $loss" --encoder $encoder --loss $loss; done
done
