#!/usr/bin/env bash
# servers.sh: makes sure that the servers which the tests start are installed. Needs root and apt only where one is
# missing; nothing that is installed here is started as a service.
set -euo pipefail

has_postgres() { command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb'; }

missing=()
has_postgres >/dev/null || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v promtool >/dev/null || missing+=(prometheus)
command -v systemd-notify >/dev/null || missing+=(systemd)
if ((${#missing[@]} == 0)); then
  echo 'PostgreSQL, Redis, Prometheus and systemd-notify are here'
  exit 0
fi

command="apt-get install ${missing[*]}"
if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}. As root: $command" >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi

install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; }
# A fresh image has no lists, an old one has stale lists: either shows in the installation.
install || { apt-get update -q && install; }
