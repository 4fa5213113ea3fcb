# Builds the compilers of gcc $GCC_VERSION for $GCC_MACHINE, which run on this machine, from the archive's source
# package. The steps of `mangrove tools build` source it, each in turn: fetch, configure, compile, finish.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
work=/build/gcc
source_package=gcc-$GCC_VERSION-source

# Source and configuration of the very version that the root has, by apt, which verifies them.
fetch() {
    mkdir -p $work/lists/partial
    cd $work
    apt-get -q update
    apt-get -q -y --no-install-recommends install "$source_package=$GCC_PACKAGE_VERSION"
    # The archive may have the root's architecture in another place.
    list=/etc/apt/sources.list
    parts=/etc/apt/sources.list.d
    if [ -n "${GCC_SOURCES-}" ]; then
        printf '%s\n' "$GCC_SOURCES" > sources.list
        list=$work/sources.list
        parts=-
    fi
    set -- -q -o "APT::Architecture=$GCC_ARCHITECTURE" -o "APT::Architectures=$GCC_ARCHITECTURE" \
        -o "Dir::Etc::sourcelist=$list" -o "Dir::Etc::sourceparts=$parts" -o "Dir::State::lists=$work/lists"
    apt-get "$@" update
    apt-get "$@" download "$GCC_PACKAGE=$GCC_PACKAGE_VERSION"
    mkdir package
    dpkg-deb -x "$GCC_PACKAGE"_*_"$GCC_ARCHITECTURE".deb package
    cp -R "/usr/src/gcc-$GCC_VERSION/." .
    # With the patches of the root's own compiler, which is no cross compiler.
    DEB_TARGET_ARCH=$GCC_ARCHITECTURE DEB_TARGET_GNU_TYPE=$GCC_MACHINE make -f debian/rules patch DEB_CROSS=no
}

# As the package was, which says so itself; it thinks that it runs on the root's machine, so that it looks where the root's
# own does. But for that it is the root's assembler that it is configured for.
configure() {
    cd $work
    driver=package/usr/bin/$GCC_MACHINE-gcc-$GCC_VERSION
    options=$(grep -az '^\.\./src/configure -v ' "$driver" | tr -d '\0')
    options=$(printf '%s' "${options#../src/configure}" | sed "s/--enable-languages=[^ ]*/--enable-languages=c,c++,lto/")
    mkdir -p build
    cd build
    export AS_FOR_TARGET="$GCC_MACHINE-as" LD_FOR_TARGET="$GCC_MACHINE-ld" NM_FOR_TARGET="$GCC_MACHINE-nm"
    export OBJDUMP_FOR_TARGET="$GCC_MACHINE-objdump" READELF_FOR_TARGET="$GCC_MACHINE-readelf"
    export AR_FOR_TARGET="$GCC_MACHINE-ar" RANLIB_FOR_TARGET="$GCC_MACHINE-ranlib" STRIP_FOR_TARGET="$GCC_MACHINE-strip"
    # The shell's quotes are in it.
    eval "../src/configure $options --disable-bootstrap --disable-libcc1 \
        CC=gcc CXX=g++ CFLAGS='-g0 -O2' CXXFLAGS='-g0 -O2'"
    make configure-gcc
}

compile() {
    cd $work/build
    make -j"$MANGROVE_JOBS" all-gcc
}

finish() {
    cd $work/build/gcc
    mkdir -p $work/compilers
    for program in cc1 cc1plus lto1 cpp xgcc xg++; do
        strip --strip-unneeded -o "$work/compilers/${program#x}" "$program"
    done
}
