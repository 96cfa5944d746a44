-- Waiting on a host: for a port, for a command, for a function. What runs there is here
-- and not in C, so that it is pinned with the job: it is an argument of the step.

-- port, every, address or "", then what a socket that listens there looks like in the
-- kernel's tables. One process for each look, and the sleep.
prelude.wait_port_text = [==[
p_port=$1 p_every=$2 p_address=$3
shift 3
exec 3>&2 2>/dev/null # bash says of each sleep how it ended
trap 'echo "nothing accepts connections on TCP port $p_port${p_address:+ of $p_address}" >&3; exit 1' TERM
p_listed() {
    while read -r p_1 p_2 p_3 p_at p_more; do
        case "$p_1 $p_more" in *LISTEN*) ;; *) continue ;; esac
        case ${p_at%[.:]"$p_port"} in
        "$p_at") ;;
        '*' | 0.0.0.0 | :: | '[::]' | "$p_address" | "[$p_address]") return 0 ;;
        *) [ -n "$p_address" ] || return 0 ;;
        esac
    done
    return 1
}
p_look() {
    if p_tables=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null) || [ -n "$p_tables" ]; then
        for p_socket; do
            case $p_tables in *"$p_socket"*) return 0 ;; esac
        done
        return 1
    fi
    if command -v ss >/dev/null 2>&1; then
        ss -ltn 2>/dev/null | p_listed
    elif command -v netstat >/dev/null 2>&1; then
        netstat -an 2>/dev/null | p_listed
    elif command -v nc >/dev/null 2>&1; then
        nc -z -w 2 "${p_address:-127.0.0.1}" "$p_port" </dev/null >/dev/null 2>&1
    else
        echo 'there is no /proc/net/tcp, ss, netstat or nc to look with' >&3
        exit 127
    fi
}
until p_look "$@"; do sleep "$p_every" || sleep 1; done
]==]

-- text, every, shell or "". Each try has a shell of its own, and none hears of the others.
prelude.wait_until_text = [==[
p_text=$1 p_every=$2 p_shell=$3 p_last='it has not ended once'
set --
exec 3>&2 2>/dev/null # bash says of each sleep how it ended
trap 'printf "%s\n" "$p_last" >&3; exit 1' TERM
p_try() {
    if [ -n "$p_shell" ]; then exec "$p_shell" -c "$p_text" "$p_shell"; fi
    eval "$p_text"
}
until p_said=$(p_try 2>&1 3>&-); p_code=$?; [ $p_code = 0 ]; do
    p_last=${p_said:-its last exit code was $p_code}
    sleep "$p_every" || sleep 1
done
[ -z "$p_said" ] || printf '%s\n' "$p_said"
]==]

-- host:wait_until(function, { timeout, every }): asks the function until it says yes.
-- Time is that of the events, and so the same in every replay.
function prelude.wait_until(host, fn, timeout, every)
    local deadline = now() + timeout
    while true do
        local value = fn(host)
        if value then
            return value
        end
        local left = deadline - now()
        if left < 0.001 then
            wait_over(host, timeout)
        end
        sleep(left < every and left or every)
    end
end

return prelude
