#!/usr/bin/env bash
# Build the image and try it for real, on a bare Debian machine and without a container daemon: buildah builds in a
# chroot, on a Debian base made here; docker/trial.py then runs the service from the image in namespaces of its own.
# Needs root. Leaves the base in buildah's store, so that the next run is quicker. Exits non-zero if anything fails.
set -euo pipefail
cd "$(dirname "$0")/.."

base=localhost/epipole-base:bookworm
image=localhost/epipole:proof
base_days=7

say() { printf '%5d s  %s\n' "$SECONDS" "$*"; }

work=$(mktemp -d)
container=
cleanup() {
    if [ -n "$container" ]; then buildah rm "$container" >/dev/null 2>&1 || true; fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ "$(id -u)" != 0 ]; then
    echo "docker/prove.sh needs root, for chroot and mounts" >&2
    exit 1
fi

install_tools() {
    local missing=() tool
    for tool in buildah debootstrap python3; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    if [ ${#missing[@]} -gt 0 ]; then
        apt-get update -qq
        export DEBIAN_FRONTEND=noninteractive
        apt-get install -qq --yes --no-install-recommends ca-certificates "${missing[@]}" >/dev/null
    fi
}

make_base() {
    local made root
    local label='{{index .OCIv1.Config.Labels "epipole.base.made"}}'
    made=$(buildah inspect --type image --format "$label" "$base" 2>/dev/null || echo 0)
    if [ "${made:-0}" -gt $(($(date +%s) - base_days * 86400)) ]; then
        say "base: $base, made $(date -d "@$made" +%F)"
        return
    fi
    container=$(buildah from scratch)
    root=$(buildah mount "$container")
    if ! debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" \
        >"$work/debootstrap.log" 2>&1; then
        tail -n 20 "$work/debootstrap.log" >&2
        return 1
    fi
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*
    buildah umount "$container" >/dev/null
    buildah config --label "epipole.base.made=$(date +%s)" --cmd /bin/bash "$container"
    buildah commit --quiet --rm --format docker "$container" "$base" >/dev/null
    container=
    say "base: $base, made by debootstrap"
}

build_image() {
    local options=() before after
    python3 docker/pip_settings.py "$work" >"$work/options"
    mapfile -t options <"$work/options"
    before=$(buildah images --quiet "$image" 2>/dev/null || true)
    if ! buildah bud --isolation chroot --format docker --pull-never --build-arg "BASE=$base" \
        --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
        ${options[@]+"${options[@]}"} --tag "$image" --file docker/Dockerfile . >"$work/build.log" 2>&1; then
        tail -n 50 "$work/build.log" >&2
        return 1
    fi
    after=$(buildah images --quiet "$image")
    if [ -n "$before" ] && [ "$before" != "$after" ]; then buildah rmi "$before" >/dev/null; fi
    grep 'kernel signatures ready' "$work/build.log"
    say "image: $image, built"
}

install_tools
make_base
build_image
python3 docker/trial.py "$image"
say "the image is proved"
