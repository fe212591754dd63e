# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What scripts/run, scripts/check and scripts/bench share. The caller has `set -euo pipefail`.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=$top/.cache

coredns_version=1.11.1-3
coredns_sha512=z2LAWQ6aQXz6xDtMnu+lQYjzE+cG4iKIg33MQIkWk2gZj3JwdFzWdPBQsm+UYUm0mgwLm1xx8Co+aT3xxQ0LBA==
coredns_package="coredns-dist-linux-x64"

say() {
	printf '%s: %s\n' "${program:-scripts/${0##*/}}" "$*" >&2
}

fail() {
	say "$*"
	exit 1
}

# ---- Debian packages

# missing_packages GROUP...: the packages of these groups that are not installed
missing_packages() {
	local group package wanted=()
	while read -r group package; do
		[[ " $* " == *" $group "* ]] && wanted+=("$package")
	done < <(grep -v '^#' "$top/scripts/packages")
	comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
		<(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
			sed -n 's/^installed //p' | sort)
}

as_root() {
	if [[ $(id -u) == 0 ]]; then
		"$@"
	elif [[ -t 0 ]]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# Debian starts the daemons that it installs, on the ports of a production server. Not here.
forbid_daemons() {
	[[ ! -e /usr/sbin/policy-rc.d ]] || return 0
	printf '#!/bin/sh\n# %s: until its packages are installed\nexit 101\n' "$top/scripts" |
		as_root tee /usr/sbin/policy-rc.d >/dev/null
	as_root chmod 755 /usr/sbin/policy-rc.d
	policy_made=1
}

allow_daemons() {
	[[ -z ${policy_made:-} ]] || as_root rm -f /usr/sbin/policy-rc.d
	policy_made=
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "$@"
}

# install_packages GROUP...: installs what is missing of these groups
install_packages() {
	local missing
	mapfile -t missing < <(missing_packages "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null || fail "these packages are missing: ${missing[*]}"
	if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
		fail "these packages are missing and neither root nor sudo is here: apt-get install ${missing[*]}"
	fi
	say "installs ${missing[*]}"
	local log=$cache/apt.log status=0
	mkdir -p "$cache"
	forbid_daemons
	{ apt_install "${missing[@]}" ||
		{ as_root apt-get update && apt_install "${missing[@]}"; }; } >"$log" 2>&1 || status=$?
	allow_daemons
	[[ $status == 0 ]] || fail "cannot install packages: $(grep -m1 '^E:' "$log" || tail -n1 "$log") (see $log)"
}

# ---- CoreDNS

coredns_download() {
	local name=$coredns_package-$coredns_version.tgz
	if command -v npm >/dev/null; then
		(cd "$1" && npm pack --silent "$coredns_package@$coredns_version" >/dev/null)
	else
		curl -fsSL --retry 3 --max-time 300 -o "$1/$name" \
			"https://registry.npmjs.org/$coredns_package/-/$name"
	fi
}

# Sets $coredns to a CoreDNS: the one in $COREDNS, or the pinned one, installed into .cache once.
find_coredns() {
	if [[ -n ${COREDNS:-} ]]; then
		coredns=$(command -v "$COREDNS") || fail "COREDNS=$COREDNS is not a program"
		return
	fi
	coredns=$cache/coredns-$coredns_version/coredns
	[[ ! -x $coredns ]] || return 0
	[[ $(uname -m) == x86_64 ]] ||
		fail "there is no pinned CoreDNS for $(uname -m); set COREDNS=/path/to/coredns"
	say "installs CoreDNS ${coredns_version%-*}"
	mkdir -p "$cache"
	local folder found
	folder=$(mktemp -d "$cache/coredns.XXXXXX")
	coredns_download "$folder" ||
		fail "cannot download CoreDNS (npm package $coredns_package $coredns_version); set COREDNS=/path/to/coredns"
	found=$(openssl dgst -sha512 -binary "$folder/$coredns_package-$coredns_version.tgz" | base64 -w0)
	[[ $found == "$coredns_sha512" ]] ||
		fail "the downloaded CoreDNS is not the pinned one (sha512 $found)"
	tar -xzf "$folder/$coredns_package-$coredns_version.tgz" -C "$folder" package/coredns
	mkdir -p "${coredns%/*}"
	mv "$folder/package/coredns" "$coredns"
	chmod 755 "$coredns"
	rm -rf "$folder"
}

# ---- building

# build_in FOLDER LOG CONFIGURE-ARGUMENTS... -- TARGETS...: out-of-tree, only what is not up to date
build_in() {
	local folder=$1 log=$2 arguments=()
	shift 2
	while [[ $1 != -- ]]; do
		arguments+=("$1")
		shift
	done
	shift
	mkdir -p "$folder" "$cache"
	(
		flock 8
		if [[ ! -x $top/configure || $top/configure.ac -nt $top/configure ]]; then
			say "makes configure"
			mkdir -p "$top/build-aux"
			(cd "$top" && autoreconf -fi) >"$log" 2>&1 || exit 1
		fi
		cd "$folder"
		if [[ ! -f config.status || $top/configure -nt config.status ]] ||
			[[ $(cat .arguments 2>/dev/null) != "${arguments[*]}" ]]; then
			say "configures in ${folder#"$top/"}"
			"$top/configure" -q "${arguments[@]}" >"$log" 2>&1 || exit 1
			printf '%s\n' "${arguments[*]}" >.arguments
			touch config.h # else make -q takes it for older than its stamp for ever
		fi
		if ! make -q "$@" >/dev/null 2>&1; then
			say "builds in ${folder#"$top/"}"
			make -s -j"$(nproc)" "$@" >"$log" 2>&1 || exit 1
		fi
	) 8>"$cache/build.lock" ||
		fail "cannot build: $(grep -m1 -E 'error:|undefined reference|No rule|\*\*\*' "$log" || tail -n1 "$log") (see $log)"
}

# ---- ports

# port_is_taken tcp|udp PORT: whether something on this machine keeps it from 127.0.0.1
port_is_taken() {
	local hex state='..'
	printf -v hex '%04X' "$2"
	[[ $1 == udp ]] || state=0A
	grep -qsE "^ *[0-9]+: (0100007F|0{8}|0{32}|0{16}FFFF00000100007F):$hex [0-9A-F]+:[0-9A-F]+ $state " \
		"/proc/net/$1" "/proc/net/${1}6"
}
