################################################################################
#
# ward
#
################################################################################

WARD_VERSION = 0.1
# Nothing is downloaded or unpacked.
WARD_SOURCE =
WARD_FILES = $(BR2_EXTERNAL_WARD_PATH)/../..

define WARD_INSTALL_TARGET_CMDS
	test -x "$(call qstrip,$(BR2_PACKAGE_WARD_FIRMWARE))"
	$(INSTALL) -D -m 0755 "$(call qstrip,$(BR2_PACKAGE_WARD_FIRMWARE))" $(TARGET_DIR)/usr/bin/ward
	$(INSTALL) -D -m 0644 $(WARD_FILES)/60-ward.rules $(TARGET_DIR)/usr/lib/udev/rules.d/60-ward.rules
endef

define WARD_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(WARD_FILES)/ward.service $(TARGET_DIR)/usr/lib/systemd/system/ward.service
	$(INSTALL) -D -m 0644 $(WARD_FILES)/debian/ward.sysusers $(TARGET_DIR)/usr/lib/sysusers.d/ward.conf
endef

define WARD_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(BR2_EXTERNAL_WARD_PATH)/package/ward/S60ward $(TARGET_DIR)/etc/init.d/S60ward
endef

$(eval $(generic-package))
