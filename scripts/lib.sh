# Shared by the scripts beside this file; read with `source`, from the top folder of the checkout.
# shellcheck shell=bash

say() { printf '\n==> %s\n' "$*"; }

# The last words of a script that cannot go on: what is wrong and what to do.
die() {
    printf '\nmerestone: %s\n' "$*" >&2
    exit 1
}

# The programs that no Debian 12 package has in the version needed.
need_rust() {
    command -v cargo >/dev/null || die "Rust is not installed (no cargo on the search path). Install Rust $1 or newer, then try again."
    local have
    have=$(cargo --version | awk '{print $2}')
    version_at_least "$have" "$1" || die "Rust $have is too old. Install Rust $1 or newer, then try again."
}

need_node() {
    command -v node >/dev/null || die "Node.js is not installed. Install Node.js $1 or newer with npm, then try again."
    command -v npm >/dev/null || die "npm is not installed. It usually comes with Node.js $1 or newer; install it, then try again."
    local have
    have=$(node --version)
    version_at_least "${have#v}" "$1" || die "Node.js ${have#v} is too old. Install Node.js $1 or newer, then try again."
}

# version_at_least HAVE WANTED
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# What the package says it needs, so that there is one place to change it.
rust_wanted() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed() { [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }

available() { [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]; }

# The major version whose server and PostGIS are installed already, if any.
postgres_installed() {
    local major
    for major in 18 17 16 15; do
        if installed "postgresql-$major" && installed "postgresql-$major-postgis-3"; then
            echo "$major"
            return
        fi
    done
}

# Installs the Debian packages named, those that are missing. Says what it does; asks for a password at most once.
install_packages() {
    local name missing=() postgres=()
    if ! command -v apt-get >/dev/null; then
        say "No apt-get on this machine: make sure that these Debian packages' programs are there: $* postgresql-15 postgresql-15-postgis-3"
        return
    fi
    for name in "$@"; do
        installed "$name" || missing+=("$name")
    done
    if [ -z "$(postgres_installed)" ]; then
        postgres=(wanted)
    fi
    if [ ${#missing[@]} = 0 ] && [ ${#postgres[@]} = 0 ]; then
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "Debian packages are missing (${missing[*]} ${postgres[*]:+postgresql-15 postgresql-15-postgis-3}) and there is no sudo. As root, run: apt-get install --no-install-recommends ${missing[*]} ${postgres[*]:+postgresql-15 postgresql-15-postgis-3}"
        say "Some Debian packages are missing; sudo may ask for your password once"
        if [ -t 0 ]; then sudo -v; else sudo -n -v; fi ||
            die "Without root's rights, packages cannot be installed. As root, run: apt-get install --no-install-recommends ${missing[*]} ${postgres[*]:+postgresql-15 postgresql-15-postgis-3}"
    fi
    say "Fetching the list of Debian packages"
    as_root apt-get -o DPkg::Lock::Timeout=900 -q update || say "The list could not be fetched; going on with the old one"
    if [ ${#postgres[@]} != 0 ]; then
        for name in 15 16 17 18; do
            if available "postgresql-$name" && available "postgresql-$name-postgis-3"; then
                missing+=("postgresql-$name" "postgresql-$name-postgis-3")
                break
            fi
        done
    fi
    say "Installing Debian packages: ${missing[*]}"
    keep_from_making_a_cluster
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900 -o Dpkg::Use-Pty=0 -q -y install \
        --no-install-recommends "${missing[@]}" || true
    allow_making_a_cluster
    local still=()
    for name in "${missing[@]}"; do
        installed "$name" || still+=("$name")
    done
    [ ${#still[@]} = 0 ] || die "These Debian packages could not be installed: ${still[*]}. Look at what apt-get said above, then run: apt-get install --no-install-recommends ${still[*]}"
    [ -n "$(postgres_installed)" ] || die "PostgreSQL 15 or newer with PostGIS is in none of this machine's package lists. Add Debian 12's main archive, then run: apt-get install --no-install-recommends postgresql-15 postgresql-15-postgis-3"
}

# Debian's server package makes and starts a cluster for the whole machine when it is first installed. Merestone keeps
# one of its own, so while it installs the package it asks for none. A cluster that is there already is not touched.
no_cluster=/etc/postgresql-common/createcluster.d/merestone.conf
keep_from_making_a_cluster() {
    trap allow_making_a_cluster EXIT
    as_root mkdir -p "$(dirname "$no_cluster")"
    echo "create_main_cluster = false" | as_root tee "$no_cluster" >/dev/null
}
allow_making_a_cluster() {
    as_root rm -f "$no_cluster"
    trap - EXIT
}

# For building and running: the database, PROJ's build, and the fonts that documents are set in.
# shellcheck disable=SC2034  # read by the scripts
packages_to_run=(cmake fonts-noto-cjk fonts-noto-core g++ libsqlite3-dev make pkg-config sqlite3)

# For tests besides: a browser for the viewer, GDAL's programs, which read what is exported, and programs that look into
# PDF files.
# shellcheck disable=SC2034  # read by the scripts
packages_to_test=(chromium gdal-bin poppler-utils)

# Installs the viewer's packages if the lock file is newer than they are, and builds it if a source is.
build_viewer() {
    if [ ! -f maps/package-lock.json ]; then
        die "maps/package-lock.json is missing; this checkout is not complete."
    fi
    if [ ! -f maps/node_modules/.package-lock.json ] || [ maps/package-lock.json -nt maps/node_modules/.package-lock.json ]; then
        say "Installing the map viewer's packages"
        (
            cd maps
            npm ci --no-audit --no-fund ||
                # npm 10 fails on some lock files that npm 11 has written.
                { version_at_least "$(npm --version)" 11 || npx --yes npm@11 ci --no-audit --no-fund; }
        ) || die "The map viewer's packages could not be installed. In maps/, run: npm ci"
        [ -d maps/node_modules ] || die "The map viewer's packages could not be installed. In maps/, run: npm ci"
        touch maps/node_modules/.package-lock.json
    fi
    if [ ! -f maps/dist/index.html ] ||
        [ -n "$(find maps -path maps/node_modules -prune -o -path maps/dist -prune -o -name '.*' -prune -o -type f -newer maps/dist/index.html -print -quit)" ]; then
        say "Building the map viewer"
        (cd maps && npm run --silent build) || die "The map viewer could not be built. In maps/, run: npm run build"
        touch maps/dist/index.html
    fi
}

target_dir() { echo "${CARGO_TARGET_DIR:-target}"; }

# Says how long it will take before it takes long.
announce_build() {
    if ! compgen -G "$(target_dir)/debug/build/proj-sys-*" >/dev/null; then
        say "The first build makes everything from source, PROJ included: about 12 minutes on two cores"
    fi
}
