#!/bin/sh
# SPDX-License-Identifier: MIT
# Two engines of one store: the home of a stopped engine is copied, and both are started
# in the middle of a job. The hosts follow the one that came first; the other is told so,
# says so, and does nothing there, however often it is started, until a person says that
# it is to take over; then the first is fenced off. Steps count once.
. "${0%/*}/lib.sh"
fleet 2

copy=$work/copy
original() { PAWL_HOME=$work/home "$PAWL" "$@"; }
copied() { PAWL_HOME=$copy "$PAWL" "$@"; }
cat >"$work/steps.lua" <<'LUA'
workflow { about = "steps that count, with a gate" }
hosts:each(function(h)
  h:run "echo one >>/root/oracle"
  h:run "echo two >>/root/oracle; until [ -e /root/go ]; do sleep 0.1; done"
  for i = 3, 6 do h:run("echo " .. i .. " >>/root/oracle") end
end)
LUA
original run -d "$work/steps.lua" --hosts host1,host2 --name steps >/dev/null
for h in host1 host2; do try has_counted $h two || fail "$h does not begin"; done
expect_code 0 original daemon --stop
cp -a "$work/home" "$copy"

# The original is first.
has_links() {
    "$@" get >/dev/null && [ "$("$@" status --json | jq .links)" -gt 2 ]
}
refused() { "$@" | grep -q "follows another engine of the same store"; }
try has_links original || fail "the original has no links"
try refused copied get steps || fail "the copy is not refused: $(copied get steps)"
expect_code 0 copied get steps
printed "pawl doctor --take-over"
printed "cannot be used"
for h in host1 host2; do on $h touch /root/go; done
expect_code 0 original wait steps --force --check --timeout 60

# Started again its number is the higher one; it is the copy all the same.
for _ in 1 2 3; do
    expect_code 0 copied daemon --stop
    try refused copied get steps || fail "the copy is not refused any more: $(copied get steps)"
done
same "the copy's job waits" "$(copied get steps --json | jq -r .state)" Running
for h in host1 host2; do same "steps of $h" "$(oracle $h | tr '\n' ' ')" "one two 3 4 5 6 "; done

# The copy is to be the one: it may act, and the original may not.
expect_code 0 copied stop steps --force
expect_code 0 copied invoke -d --hosts host1 --name mine -c 'echo mine >>/root/oracle'
try refused copied get mine || fail "the copy is not refused"
expect_code 0 copied doctor --take-over
expect_code 0 copied wait mine --check --timeout 60
same "the copy has taken over" "$(counted host1 mine)" 1
original invoke -d --hosts host1 --name fenced -c 'echo fenced >>/root/oracle' >/dev/null
try refused original get fenced || fail "the original is not fenced: $(original get fenced)"
same "the original does nothing there" "$(counted host1 fenced)" 0

finish
