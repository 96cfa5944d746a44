#!/bin/sh
# packages.sh build|test|lint|bench|vm: installs the Debian packages that building, testing,
# tests/lint.sh, tests/bench or tests/vm needs, and nothing when all of them are there. Needs
# root, or sudo, to install.
set -eu

build="cmake ninja-build gcc libc6-dev pkg-config liblmdb-dev libuv1-dev liblua5.4-dev
libmicrohttpd-dev libcurl4-openssl-dev libjansson-dev libmsgpack-dev libsodium-dev libyaml-dev
libdeflate-dev"
tests="$build libcmocka-dev bash busybox mksh curl jq procps util-linux python3
openssh-client openssh-server iproute2 nftables perl-base fish tcsh zsh sudo opendoas strace
groff-base mandoc"
linters="$tests clang-tidy cppcheck"
bench="$tests ansible-core ansible-mitogen clustershell pdsh pssh"
machines="$tests debootstrap e2fsprogs qemu-system-x86 qemu-utils seabios ipxe-qemu"

case ${1:-} in
build) want=$build ;;
test) want=$tests ;;
lint) want=$linters ;;
bench) want=$bench ;;
vm) want=$machines ;;
*) echo "usage: packages.sh build|test|lint|bench|vm" >&2; exit 2 ;;
esac

missing=
for package in $want; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "packages.sh: these packages are missing and need root to install:$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
