# shellcheck shell=bash disable=SC2154 # names of lib.sh and of the script
# SPDX-License-Identifier: Apache-2.0
#
# What the tests with CNI plugins share. To be sourced after lib.sh. Where the machine lacks the
# plugins, their package is fetched with apt and unpacked, not installed, in build/plugins.
# shellcheck source=tests/container/lib.sh

plugin_tree=$box_src/build/plugins

plugins_are_in() { # plugins_are_in DIR
    [ -x "$1/bridge" ] && [ -x "$1/host-local" ] && [ -x "$1/portmap" ] && [ -x "$1/loopback" ]
}

# Outside of the box: sees to it that there are plugins.
plugins_find() {
    if plugins_are_in /usr/lib/cni || plugins_are_in "$plugin_tree/usr/lib/cni"; then
        return
    fi
    mkdir -p "$(dirname "$plugin_tree")"
    (box_unpack "$plugin_tree" containernetworking-plugins) || {
        rm -rf "$plugin_tree".??????
        skip_all 'no CNI plugins here, and apt does not give them'
    }
}

# Inside: a directory with all plugins in $plugins, drawbolt among them. portmap writes down each of its
# commands in $BOX/portmap.log.
plugins_set_up() {
    from=/usr/lib/cni
    plugins_are_in "$from" || from=$plugin_tree/usr/lib/cni
    plugins=$BOX/plugins
    mkdir "$plugins"
    for file in "$from"/*; do
        ln -s "$file" "$plugins/${file##*/}"
    done
    ln -s "$DRAWBOLT" "$plugins/drawbolt-cni"
    rm "$plugins/portmap"
    # shellcheck disable=SC2016 # expands when it runs
    printf '#!/bin/sh\necho "$CNI_COMMAND" >>%s/portmap.log\nexec %s/portmap\n' "$BOX" "$from" >"$plugins/portmap"
    chmod 755 "$plugins/portmap"
}

# The ports of the last record, one a line.
recorded_ports() {
    tail -n 1 "$log" | jq -r '.ports[] | "\(.address) \(.host)\(if .more then "+\(.more)" else "" end) \(.container) \(.protocol) \(.source)"'
}

answer() { # answer ADDRESS PORT: what is heard there
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        heard=$(busybox nc -w 2 "$1" "$2" </dev/null 2>/dev/null) && [ -n "$heard" ] && break
        sleep 0.2
    done
    echo "$heard"
}

# What a refused network would leave: rules for ports, interfaces, namespaces.
leftovers() {
    iptables-save | grep -E -- '--dports?|dport' || true
    ip -o link show type veth
    find /run/netns -mindepth 1 2>/dev/null || true
}
