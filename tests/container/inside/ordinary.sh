#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs inside a container whose root is a Debian: ordinary programs that use the network. Prints what
# each of them said and how it ended, without anything that changes from run to run, so that two
# containers can be compared. programs.sh prepares /opt/inside and reads this.
#
#     ordinary.sh              every program
#     ordinary.sh own-netns    the few that make sense in a network namespace without anything
set -u
inside=/opt/inside
port=8000

try() { # try NAME FILTER COMMAND...: FILTER is a sed program for what the command prints
    name=$1 filter=$2
    shift 2
    out=$("$@" 2>&1 </dev/null)
    status=$?
    printf '%s\n' "$out" | sed -n "$filter" | sed "s/^/$name: /"
    printf '%s: exit %d\n' "$name" "$status"
}

# Python's own server says on standard error that it listens; then it does.
serve() { # serve ADDRESS
    : >/tmp/log
    python3 -u -m http.server --bind "$1" --directory "$inside/repository" "$port" >/tmp/log 2>&1 &
    server=$!
    for _ in $(seq 100); do
        ! grep -q '^Serving' /tmp/log || return 0
        sleep 0.05
    done
    echo "server: did not start: $(cat /tmp/log)"
}

stop() {
    kill "$server"
    wait "$server" 2>/dev/null
}

repository() { # repository URI: the one source that apt knows
    echo "deb [trusted=yes] $1 ./" >/etc/apt/sources.list
    rm -rf /var/lib/apt/lists/*
}

iproute2() {
    try 'ip link' 's/ qdisc .*//;p' ip -o link
    try 'ip addr' p ip -o addr
    try 'ip route' p ip route show table local
    try 'ip -6 route' 's/ pref .*//;p' ip -6 route show table all
    try 'ip rule' p ip rule
    try 'ip link set' p ip link set lo mtu 60000
    try 'ss' 's/ users:.*//;s/  */ /g;p' ss -lnt
    try 'ss -x' 1p ss -lx
}

names() {
    try 'getent passwd' p getent passwd root
    try 'getent hosts' p getent hosts localhost
    try 'getent ahosts' p getent ahosts localhost
    try 'getent services' p getent services http/tcp
}

apt() { # apt NAME URI
    repository "$2"
    quiet='s/ in [0-9]*s .*//;/^\(Get\|Hit\|Ign\|Err\|Fetched\)/d;/^Reading/d;/^Building/d;p'
    try "apt-get update, $1" "$quiet" apt-get update
    try "apt-cache, $1" p apt-cache policy drawbolt-test-greeting
    try "apt-get download, $1" /Err/p env -C /tmp apt-get download drawbolt-test-greeting
    try "the package, $1" p dpkg-deb -f /tmp/drawbolt-test-greeting_1.0_all.deb Package Version
    rm -f /tmp/*.deb
}

everything() {
    serve 127.0.0.1
    iproute2
    try 'curl' p curl -sS "http://127.0.0.1:$port/greeting.txt"
    try 'curl, by name' p curl -sS "http://localhost:$port/greeting.txt"
    apt http "http://127.0.0.1:$port"
    stop
    serve ::1
    try 'curl, IPv6' p curl -gsS "http://[::1]:$port/greeting.txt"
    stop
    apt file "file://$inside/repository"
    names
    try 'ping' '/packets transmitted/s/, time.*//p' "$inside/ping" -c 1 -W 5 127.0.0.1
    try 'ping -6' '/packets transmitted/s/, time.*//p' "$inside/ping" -c 1 -W 5 ::1
    try 'python3' p python3 "$inside/sockets.py"
    try 'python3, a plain user' p setpriv --reuid 65534 --regid 65534 --clear-groups \
        python3 "$inside/sockets.py"
}

# Where the kernel gives every capability back to whoever asks.
in_own_netns() {
    ip link set lo up
    try 'ip link, own' 's/ qdisc .*//;p' ip -o link
    try 'ip addr add' p ip addr add 192.0.2.1/24 dev lo
    serve 192.0.2.1
    try 'curl, own' p curl -sS "http://192.0.2.1:$port/greeting.txt"
    stop
    try 'python3, own' p python3 "$inside/sockets.py"
}

case ${1:-} in
own-netns) in_own_netns ;;
*) everything ;;
esac
