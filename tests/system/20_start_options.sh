#!/bin/sh
# SPDX-License-Identifier: MIT
# What `pawl start` can be told about a command: where it runs, with what, how long,
# how often; and how its end is judged. Each option is seen by its effect.
. "${0%/*}/lib.sh"

mkdir "$work/a dir"
expect_code 0 pawl start -c 'pwd; echo "$WORD|$1|$2"' --cwd "$work/a dir" --env WORD='a b' \
    --follow -- 'x y' z
same "cwd, env, arguments" "$(tr '\n' ' ' <"$out")" "$work/a dir a b|x y|z "
expect_code 0 pawl start --follow -- printf '<%s>' 'a b' '' '*' "q'uo\"te"
printed "<a b><><*><q'uo\"te>"
expect_code 0 pawl start -c 'greet you' --init 'greet() { echo "hello $1"; }' --follow
printed "hello you"
echo 'echo "from a file: $1"' >"$work/file.sh"
expect_code 0 pawl start --file "$work/file.sh" --follow -- word
printed "from a file: word"
echo piped | expect_code 0 pawl start -c 'tr a-z A-Z' --stdin - --follow
printed PIPED

# What the engine sets for itself is not for commands.
expect_code 0 pawl start -c 'env | grep -c ^UV_ || true' --follow
printed 0

expect_code 1 pawl start -c 'exit 3' --follow
said "exit code 3"
expect_code 0 pawl start -c 'exit 3' --ok-exit 0,3 --follow
curl -s --unix-socket "$PAWL_HOME/engine.sock" http://pawl/v1/jobs \
    -d '{"type":"local","name":"numbers","params":{"shell":"exit 3","ok_exit":[0,3]}}' >"$out"
expect_code 0 pawl wait numbers --check
expect_code 1 pawl start -c 'sleep 300' --timeout 0.3 --name late --follow
same "a timeout" "$(pawl history late --json | jq -r .outcome)" timeout
expect_code 0 pawl start --retry 2 --name again --follow \
    -c "echo x >>'$work/tries'; [ \"\$(wc -l <'$work/tries')\" -eq 3 ]"
same "attempts" "$(pawl history again --json | jq -r .code | tr '\n' ' ')" "1 1 0 "
expect_code 1 pawl start -c 'kill -9 $$' --name killed --follow
same "a signal" "$(pawl history killed --json | jq -r .outcome)" signal
expect_code 0 pawl start -c true --meta team=blue --name tagged
same "meta" "$(pawl get --meta team=blue --json | jq -r .name)" tagged
expect_code 0 pawl wait tagged

# The shell counts the lines of the text as its author does.
printf 'echo one\nno-such-command\n' >"$work/lines.sh"
for options in '' '--cwd / --env A=1 --env B=2'; do
    # shellcheck disable=SC2086 # a list of options
    expect_code 1 pawl start $options --file "$work/lines.sh" --follow
    grep -q '\.cmd: \(line \)\{0,1\}2: no-such-command' "$err" || fail "$options: another line: $(cat "$err")"
done
finish
