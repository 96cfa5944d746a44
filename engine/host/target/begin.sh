# SPDX-License-Identifier: MIT
# The process that becomes the command, in its own session: signs the attempt's
# pid file, takes `go`, and only then is the command. Whoever gives the attempt
# up takes `go` first; then this ends here, however late it wakes.
#
# cwd: the attempt's directory. fd 1, 9: the command's output and error; fd 2: log.
#   $1 key  $2 boot  $3 $4 step's pid and birth  $5 umask  $6 shell
born $$
say "$$ $p_born $3 $4 $2 END" >pid || exit 125
now
set -C
{ say "$$ $p_now END" >go; } 2>/dev/null || exit 125
set +C
[ -p ../fifo ] && say "w $1 began" 1<>../fifo
p_dir=$PWD
cd "${HOME:-/}" 2>/dev/null || cd /
umask "$5"
exec "$6" "$p_dir/cmd" 2>&9 9>&-
