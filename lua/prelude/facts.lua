-- host:facts(): one command that asks whatever is there, and its lines as a table. What
-- nobody tells is absent.

-- Lines of name=value, in any order; of a list a line for each.
prelude.facts_text = [==[
LC_ALL=C
export LC_ALL
put() { [ -z "$2" ] || printf '%s=%s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
ask() { "$@" 2>/dev/null; }
first() {
    p_line=
    { read -r p_line p_rest <"$1"; } 2>/dev/null
}

p_name=$(uname -n)
put name "$p_name"
p_os=$(uname -s)
put os "$p_os"
put kernel "$(uname -r)"
put arch "$(uname -m)"
put user "$(ask id -un)"
put uid "$(ask id -u)"
put home "${HOME-}"

# Its whole name, if a file knows it; else who is asked may ask the network.
p_full=
case $p_name in
*.*) p_full=$p_name ;;
*)
    while read -r p_address p_names; do
        case $p_address in '' | '#'*) continue ;; esac
        for p_word in ${p_names%%#*}; do
            case $p_word in "$p_name".*) p_full=${p_full:-$p_word} ;; esac
        done
    done </etc/hosts
    [ -n "$p_full" ] || ! has timeout || p_full=$(ask timeout 3 hostname -f)
    ;;
esac 2>/dev/null
case $p_full in *.*) put fqdn "$p_full" ;; esac

release() {
    while IFS= read -r p_line; do
        p_value=${p_line#*=}
        case $p_value in
        \"*\") p_value=${p_value#\"} p_value=${p_value%\"} ;;
        \'*\') p_value=${p_value#\'} p_value=${p_value%\'} ;;
        esac
        case $p_line in
        ID=*) put distro.id "$p_value" ;;
        VERSION_ID=*) put distro.version "$p_value" ;;
        NAME=*) put distro.name "$p_value" ;;
        ID_LIKE=*) for p_word in $p_value; do put distro.like "$p_word"; done ;;
        esac
    done
}
if [ -r /etc/os-release ]; then
    release </etc/os-release
elif [ -r /usr/lib/os-release ]; then
    release </usr/lib/os-release
elif has sw_vers; then
    put distro.id macos
    put distro.name "$(ask sw_vers -productName)"
    put distro.version "$(ask sw_vers -productVersion)"
fi

put cpus "$(ask nproc || ask getconf _NPROCESSORS_ONLN || ask sysctl -n hw.ncpu)"
p_kib=
while read -r p_word p_value p_rest; do
    case $p_word in MemTotal:) p_kib=$p_value && break ;; esac
done 2>/dev/null </proc/meminfo
put memory_kib "$p_kib"
[ -n "$p_kib" ] || put memory_bytes "$(ask sysctl -n hw.memsize || ask sysctl -n hw.physmem)"

first /proc/uptime
put uptime_s "${p_line%%.*}"
if [ -z "$p_line" ]; then
    p_value=$(ask sysctl -n kern.boottime)
    p_value=${p_value#*sec = } p_value=${p_value%%,*}
    case $p_value in '' | *[!0-9]*) ;; *) put uptime_s $(($(date +%s) - p_value)) ;; esac
fi
first /proc/sys/kernel/random/boot_id
put boot_id "${p_line:-$(ask sysctl -n kern.bootsessionuuid)}"
first /etc/machine-id
[ -n "$p_line" ] || first /var/lib/dbus/machine-id
put machine_id "${p_line:-$(ask sysctl -n kern.hostuuid)}"

# What is of this machine alone is left out.
address() {
    case $1 in
    127.* | ::1 | 169.254.* | [Ff][Ee][89AaBb][0-9A-Fa-f]:* | '') ;;
    *:*) put addresses.ipv6 "$1" ;;
    *.*) put addresses.ipv4 "$1" ;;
    esac
}
ip_tells() {
    while read -r p_1 p_2 p_word p_value p_rest; do
        case $p_word in inet | inet6) address "${p_value%%/*}" ;; esac
    done
}
ifconfig_tells() {
    while read -r p_word p_value p_rest; do
        case $p_word in inet | inet6) ;; *) continue ;; esac
        [ "$p_value" != addr: ] || p_value=${p_rest%% *}
        p_value=${p_value#addr:} p_value=${p_value%%/*}
        address "${p_value%%\%*}"
    done
}
if has ip; then
    ask ip -o addr show | ip_tells
elif has ifconfig; then
    ask ifconfig -a | ifconfig_tells
fi

p_manager=
for p_word in apt-get:apt dnf:dnf yum:yum zypper:zypper apk:apk pacman:pacman opkg:opkg pkg:pkg brew:brew; do
    [ -n "$p_manager" ] || ! has "${p_word%:*}" || p_manager=${p_word#*:}
done
put package_manager "$p_manager"

if [ -d /run/systemd/system ]; then
    put init systemd
elif [ -d /run/openrc ]; then
    put init openrc
elif [ "$p_os" = Darwin ]; then
    put init launchd
else
    first /proc/1/comm
    put init "$p_line"
fi

virtual() {
    if has systemd-detect-virt; then
        case $(ask systemd-detect-virt --container) in '' | none) ;; *) echo container && return ;; esac
        case $(ask systemd-detect-virt --vm) in '' | none) echo none ;; *) echo vm ;; esac
        return
    fi
    if [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then echo container && return; fi
    case $(ask cat /proc/1/cgroup) in
    *docker* | *lxc* | *kubepods* | *containerd* | *libpod*) echo container && return ;;
    esac
    first /sys/class/dmi/id/sys_vendor
    case $p_line in
    QEMU* | VMware* | innotek* | Xen* | Amazon* | Google* | DigitalOcean* | Hetzner* | Parallels* | Bochs*)
        echo vm && return
        ;;
    esac
    case $(ask cat /proc/cpuinfo) in *' hypervisor'*) echo vm ;; esac
}
put virtual "$(virtual)"

set -- $(ask df -Pk /)
while [ $# -gt 6 ]; do shift; done
case ${4-} in '' | *[!0-9]*) ;; *) put disk_free_kib "$4" ;; esac

if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then
    put reboot_required true
elif has needs-restarting; then
    ask needs-restarting -r >/dev/null
    case $? in 0) put reboot_required false ;; 1) put reboot_required true ;; esac
elif [ "$p_manager" = apt ]; then
    put reboot_required false
fi
exit 0
]==]

local facts_numbers = { cpus = true, uid = true, uptime_s = true, memory_bytes = true }
local facts_kib = { memory_kib = "memory_bytes", disk_free_kib = "disk_free_bytes" }
local facts_lists = { like = true, ipv4 = true, ipv6 = true }

-- Puts one fact where it belongs; "distro.id" is the id of distro.
local function put_fact(facts, key, value)
    local _, _, group, name = scan(key, "^(%w+)%.(%w+)$", 0, -1)
    if group then
        facts[group] = facts[group] or {}
        facts, key = facts[group], name
    end
    if facts_lists[key] then
        facts[key] = facts[key] or {}
        facts[key][#facts[key] + 1] = value
    elseif facts_kib[key] then
        local kib = number(value)
        facts[facts_kib[key]] = kib and kib * 1024
    elseif facts_numbers[key] then
        facts[key] = number(value)
    elseif key == "reboot_required" then
        facts[key] = value == "true"
    else
        facts[key] = value
    end
end

-- host:facts(options?) -> a table, or nil and the failed result
function prelude.facts(host, options)
    local out, failed = facts_step(host, options)
    if not out then
        return nil, failed
    end
    local facts = { addresses = { ipv4 = {}, ipv6 = {} } }
    local at, last = 0, -1
    while true do
        local from, to, key, value = scan(out, "([%w_.]+)=([^\n]*)\n", at, last)
        if not from then
            return facts
        end
        put_fact(facts, key, value)
        at, last = to, to
    end
end

