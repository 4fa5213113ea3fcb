# SPDX-License-Identifier: Apache-2.0
"""The source packages that are built, and of what kind each is.

Small ones, most of them of the newest updates of a release: built when its compilers and debhelper had the versions that they have
now. Others differ from the archive's for that reason.
"""

LISTS = {
    "debian:13": """
        flvstreamer: Makefile, C
        ifupdown: Makefile, C, noweb
        zip: Makefile, C
        unzip: Makefile, C
        giflib: Makefile, C, docbook (xmlto)
        passt: Makefile, C
        dnsmasq: Makefile, C, po files
        libcap2: Makefile, C, gperf
        lua-geoip: dh-lua, Lua and C
        dropbear: autotools, C
        tayga: autotools, C
        exfatprogs: autotools, C
        haveged: autotools, C
        gzip: autotools, C, texinfo
        sed: autotools, C, po files, texinfo
        mxml: autotools, C
        munge: autotools, C
        socat: autotools, C
        irqbalance: autotools, C
        libsodium: autotools, C
        geoip: autotools, C
        sg3-utils: autotools, C
        libnfs: autotools, C
        libssh2: autotools, C
        jbig2dec: autotools, C
        libxpm: autotools, C, po files
        libcdio: autotools, C and C++, help2man, texinfo
        nano: autotools, C, po files, texinfo
        goaccess: autotools, C, po files
        libraw: autotools, C++
        openvpn-auth-radius: Makefile, C++
        rlottie: CMake, C++
        civetweb: CMake, C and C++
        bcg729: CMake, C
        cjson: CMake, C
        pupnp: CMake and ninja, C
        libsmb2: CMake, C
        librabbitmq: CMake, C, docbook (xmlto)
        cpp-httplib: meson, C++
        libslirp: meson, C
        bubblewrap: meson, C, docbook (xsltproc)
        lxcfs: meson, C, help2man
        open-iscsi: meson and Makefile, C
        libcrypt-urandom-perl: Perl XS
        libjson-xs-perl: Perl XS
        libhtml-parser-perl: Perl XS
        libyaml-syck-perl: Perl XS
        libxml-parser-perl: Perl XS
        libxml-libxml-perl: Perl XS
        python3-lxc: Python extension, C
        python-ldap: Python extension, C
        python-mapbox-earcut: Python extension, C++, CMake
        init-system-helpers: scripts, rst2man
        xorg: scripts, po-debconf, asciidoc
    """,
    "debian:12": """
        net-tools: Makefile, C, po files
        unzip: Makefile, C
        giflib: Makefile, C, docbook (xmlto)
        bioawk: Makefile, C, yacc
        distro-info: Makefile, C, Perl and Python
        jdupes: Makefile, C
        libcap2: Makefile, C, gperf
        unadf: Makefile, C
        tinyxml: Makefile, C++
        catdoc: autotools, C
        libfcgi: autotools, C and C++
        libmodbus: autotools, C, asciidoc
        libsmpp34: autotools, C
        libtar: autotools, C
        libuev: autotools, C
        memcached: autotools, C
        minizip: autotools, C
        mxml: autotools, C
        sed: autotools, C, po files, texinfo
        indent: autotools, C, po files, texinfo
        tinyproxy: autotools, C, asciidoc
        fcgiwrap: autotools, C
        cjson: CMake, C
        yajl: CMake, C
        libcue: CMake, C, bison, flex
        libebml: CMake, C++
        cpp-httplib: meson, C++
        libesmtp: meson, C
        libdbi-perl: Perl XS
        libhtml-gumbo-perl: Perl XS, Module::Build
        libhtml-parser-perl: Perl XS
        libjson-xs-perl: Perl XS
        libcpanel-json-xs-perl: Perl XS
        libtext-csv-xs-perl: Perl XS
        libxml-libxml-perl: Perl XS
        libxml-parser-perl: Perl XS
        libyaml-libyaml-perl: Perl XS
        urwid: Python extension, C
        xfpt: autotools, C
    """,
}


def kinds(release):
    """By source package, its kind."""
    return dict(line.strip().split(": ", 1) for line in LISTS[release].strip().splitlines() if line.strip())
