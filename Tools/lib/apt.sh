# Fetches Debian packages of any architecture, and source packages, under an apt
# configuration of our own: nothing of the machine's is changed, no root needed.
# apt checks every file against the signed indexes. To be sourced.
#
# apt_begin DIR ARCH      sets up DIR and fetches the indexes, once a day
# apt_packages NAME…      .deb files of ARCH into DIR/files
# apt_sources NAME…       source packages into DIR/files
# apt_file[NAME]          the .deb or .dsc that was fetched
# apt_version[NAME]       and its version

apt_fail() { echo "apt: $*" >&2; return 1; }

apt_own() {
    local tool=$1
    shift
    APT_CONFIG=$apt_dir/apt.conf "$tool" "$@"
}

# The machine's own sources that are Debian's, as "URI SUITE".
apt_mirrors() {
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || { apt_fail "/etc/os-release names no release"; return 1; }
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
        awk -v c="$codename" '
            # Before the first update there is no origin, and its name stands there instead.
            ($2 == c || $2 == c "-updates" || $2 == c "-security") && $3 == "main" &&
            ($4 == "Debian" || $4 == "" || $4 == "$(ORIGIN)") && !seen[$1 $2]++ { print $1, $2 }'
}

apt_begin() {
    apt_dir=$1 apt_arch=$2
    local mirrors uri suite signed=""
    mkdir -p "$apt_dir"/{files,lists/partial,cache/archives/partial,empty}
    : >"$apt_dir/status"
    mirrors=$(apt_mirrors) || return 1
    [ -n "$mirrors" ] || { apt_fail "no Debian mirror in this machine's apt sources"; return 1; }
    [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ] ||
        signed="signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
    while read -r uri suite; do
        echo "deb [arch=$apt_arch $signed] $uri $suite main"
        echo "deb-src [$signed] $uri $suite main"
    done <<<"$mirrors" >"$apt_dir/sources.list"
    cat >"$apt_dir/apt.conf" <<CONF
APT::Architecture "$apt_arch";
APT::Architectures "$apt_arch";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$apt_dir";
Dir::State::lists "$apt_dir/lists";
Dir::State::status "$apt_dir/status";
Dir::Cache "$apt_dir/cache";
Dir::Etc::sourcelist "$apt_dir/sources.list";
Dir::Etc::sourceparts "$apt_dir/empty";
Dir::Etc::preferencesparts "$apt_dir/empty";
CONF
    if [ -n "$(find "$apt_dir/updated" -mmin -1440 2>/dev/null)" ] &&
        cmp -s "$apt_dir/sources.list" "$apt_dir/updated"; then
        return 0
    fi
    echo "  package indexes for $apt_arch"
    # One index may be out of step with its signature (the security suite's, now and
    # then): then the newest of what the others name is taken, and said below.
    # Its exit status does not tell: a mirror out of reach is a mere warning to it.
    apt_own apt-get update -q >"$apt_dir/update.log" 2>&1 || true
    if grep -qE '^(E|W|Err)' "$apt_dir/update.log"; then
        echo "  an index could not be had; going on with what there is:"
        grep -E '^(E|W|Err)' "$apt_dir/update.log" | head -3 | sed 's/^/    /'
    fi
    if [ -z "$(find "$apt_dir/lists" -maxdepth 1 -name '*_Packages*')" ] ||
        [ -z "$(find "$apt_dir/lists" -maxdepth 1 -name '*_Sources*')" ]; then
        apt_fail "no package index for $apt_arch could be fetched (see above); is the network up?"
        return 1
    fi
    cp "$apt_dir/sources.list" "$apt_dir/updated"
}

apt_forget() { rm -f "$apt_dir/updated"; }

declare -A apt_file apt_version

# The versions of a package or a source package that the indexes name, newest first.
apt_versions() {
    local kind=$1 name=$2
    apt_own apt-cache madison "$name" |
        awk -F ' *[|] *' -v kind="$kind" '$3 ~ kind "$" { print $2 }' | sort -urV
}

# apt_fetch Packages|Sources NAME: the newest version that can be had. A mirror may
# lack a file that its index names; an older one is then taken, and that is said.
apt_fetch() {
    local kind=$1 name=$2 version newest="" file
    while read -r version; do
        newest=${newest:-$version}
        if [ "$kind" = Sources ]; then
            file=${name}_${version#*:}.dsc
            (cd "$apt_dir/files" && apt_own apt-get source -q --download-only --only-source "$name=$version")
        else
            file=${name}_${version//:/%3a}_$apt_arch.deb
            (cd "$apt_dir/files" && apt_own apt-get download -q "$name=$version")
        fi >"$apt_dir/fetch.log" 2>&1 || continue
        [ -e "$apt_dir/files/$file" ] || continue
        apt_file[$name]=$apt_dir/files/$file
        apt_version[$name]=$version
        [ "$version" = "$newest" ] ||
            echo "  WARNING: the mirror names $name $newest and does not have it; taking $version" >&2
        return 0
    done < <(apt_versions "$kind" "$name")
    # The next attempt begins with the indexes.
    apt_forget
    if [ -z "$newest" ]; then
        apt_fail "no index names $name for $apt_arch; see $apt_dir/update.log"
    else
        grep -E '^(E|W|Err)' "$apt_dir/fetch.log" >&2
        apt_fail "could not fetch $name $newest (see above); is the network up? What was fetched is kept: try again"
    fi
}

apt_packages() {
    local name
    for name in "$@"; do apt_fetch Packages "$name" || return 1; done
}

apt_sources() {
    local name
    for name in "$@"; do apt_fetch Sources "$name" || return 1; done
}
