# Installs what Tools/packages lists and the machine lacks. To be sourced.

# What the servers among them would have the machine start by itself.
packages_services=(prosody.service ejabberd.service epmd.service epmd.socket)

# The names in the list.
packages_wanted() {
    sed -e 's/#.*//' "$1" | awk 'NF { print $1 }'
}

# Those of them that are not installed.
packages_missing() {
    local name state
    while read -r name; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=absent
        [ "$state" = installed ] || printf '%s\n' "$name"
    done < <(packages_wanted "$1")
}

# A command as root: as it is for root, by sudo for everybody else.
packages_as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Runs while packages are installed: an invoke-rc.d that asks policy-rc.d is told
# to start no service, since the tests bring up a server of their own and the
# machine's owner did not ask for one. Only where no such policy stands already.
packages_install_quietly() {
    packages_as_root sh -c '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap "rm -f $policy" EXIT
            trap "exit 130" INT TERM HUP
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod 755 "$policy"
        fi
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            -o Dpkg::Options::=--force-confold "$@"
        ' packages "$@"
}

# packages_install LIST: installs what is missing, and says so. Without anything
# missing neither apt nor sudo is called. Nonzero, with a line that says what to
# do, where it fails.
packages_install() {
    local list=$1 missing=() name log
    command -v dpkg-query >/dev/null || {
        echo "packages: this is not a Debian system; install by hand what $list names" >&2
        return 1
    }
    mapfile -t missing < <(packages_missing "$list")
    [ "${#missing[@]}" -gt 0 ] || return 0

    echo "Installing ${#missing[@]} Debian packages:"
    for name in "${missing[@]}"; do
        grep -E "^$name([[:space:]]|\$)" "$list" | sed 's/^/  /'
    done
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "packages: not root, and there is no sudo; run as root: apt-get install ${missing[*]}" >&2
        return 1
    fi
    # A service that is not there yet must not be there afterwards either.
    local unit new=()
    for unit in "${packages_services[@]}"; do
        [ -e "/lib/systemd/system/$unit" ] || new+=("$unit")
    done

    log=$(mktemp) || return 1
    # The indexes that are there may do; they are fetched anew where they do not.
    if ! packages_install_quietly "${missing[@]}" >"$log" 2>&1; then
        if ! packages_as_root apt-get update >>"$log" 2>&1 ||
            ! packages_install_quietly "${missing[@]}" >>"$log" 2>&1; then
            cat "$log" >&2
            rm -f "$log"
            echo "packages: could not install ${missing[*]} (see above); is the network up, and are the apt sources right?" >&2
            return 1
        fi
    fi
    rm -f "$log"
    # None runs now, by the policy above; without this they would after a reboot.
    [ -d /run/systemd/system ] || return 0
    for unit in "${new[@]}"; do
        [ -e "/lib/systemd/system/$unit" ] || continue
        packages_as_root systemctl disable --quiet "$unit" ||
            echo "packages: $unit is enabled and could not be disabled" >&2
    done
}
