SUMMARY = "Sensors and switches as a Thing on XMPP"
# The program is not compiled here: files/ward is what Tools/build made in Ward's own sources.
LICENSE = "CLOSED"
SRC_URI = "file://ward"
COMPATIBLE_HOST = "(arm|aarch64|x86_64).*-linux.*"

inherit systemd features_check
REQUIRED_DISTRO_FEATURES = "systemd"
SYSTEMD_SERVICE:${PN} = "ward.service"

S = "${WORKDIR}"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -D -m 0755 ${S}/ward ${D}${bindir}/ward
    install -D -m 0644 ${WARD_BOARD}/ward.service ${D}${systemd_system_unitdir}/ward.service
    install -D -m 0644 ${WARD_BOARD}/60-ward.rules ${D}${nonarch_base_libdir}/udev/rules.d/60-ward.rules
    install -D -m 0644 ${WARD_BOARD}/debian/ward.sysusers ${D}${nonarch_libdir}/sysusers.d/ward.conf
}

FILES:${PN} += "${nonarch_base_libdir}/udev ${nonarch_libdir}/sysusers.d"
# Linked statically and stripped already.
INSANE_SKIP:${PN} += "already-stripped ldflags"
