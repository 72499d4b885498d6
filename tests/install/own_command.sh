# usage: own_command.sh PROGRAM    shows that the command knows the rows that PROGRAM adds to its tables
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

expect() { [ "$1" = "$2" ] || { echo "expected \"$2\", got \"$1\"" >&2; exit 1; }; }

expect "$(printf Hi | "$program" tokenize --tokenizer byte)" "72 105"
expect "$(printf Hi | "$program" tokenize --tokenizer byte --fold-case)" "104 105"
"$program" tokenize --help | grep -q "word|gpt2|bpe|char|file|byte"
"$program" --help | grep -q "greet  *Say hello"
status=0; "$program" greet >out || status=$?
expect "$status $(cat out)" "3 hello"

# A run with that tokenizer is made, gone on with and looked at.
yes "To be or not to be" | head -n 40 >text.txt
"$program" train text.txt --tokenizer byte --fold-case --dim 4 --steps 3 --out run >log
"$program" train --resume --out run --steps 5 >log
head -n 1 run/tokenizer.txt | grep -q "^lexigrad tokenizer 2 byte "
"$program" inspect run | grep -q "kind byte"
expect "$(printf TO | "$program" tokenize --run run)" "116 111"
"$program" neighbors run t -k 1 >log

# The vectors go through the format and come back.
"$program" convert run a.plain >log
expect "$(head -n 1 a.plain)" "257 4"
"$program" convert a.plain b.vec >log
expect "$(head -n 1 b.vec)" "257 4"
status=0; "$program" convert run a.dat 2>log || status=$?
expect "$status" 2
grep -q "TensorBoard), .safetensors and .plain (nobody)" log

# All of the library is in the program.
"$program" gradcheck exp | grep -q "^exp"
