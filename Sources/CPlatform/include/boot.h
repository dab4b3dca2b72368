#ifndef WARD_BOOT_H
#define WARD_BOOT_H

#include <stdint.h>

/* What the first process of a machine does. Nothing here is for any other process. Paths are as in files.h;
 * functions answer 0 or more on success and a negated errno otherwise. */

/* 1 where this process is the machine's first: number 1, and not of a container, which has
 * numbers of its own. Asked once. */
int ward_boot_is_first(void);

/* Mounts /dev, /proc and /sys where they are not yet; opens the console where the kernel gave none, or the
 * kernel's own log; has a panic reboot, and ctrl-alt-del be a SIGINT. Leaves a child that ends by itself. */
void ward_boot_begin(void);

/* Loads a module; one that is there already is a success. */
int ward_boot_load(const unsigned char *path, int length);
/* Mounts a device below a directory, which is made where it is missing, without device files, set-uid
 * programs and programs; unmounted by `ward_boot_end`. The directory has at most 63 bytes. To be called once. */
int ward_boot_mount(const unsigned char *device, int device_length, const unsigned char *directory, int directory_length,
                    const unsigned char *type, int type_length);
int ward_boot_set_hostname(const unsigned char *name, int length);
/* Sets the wall clock, in milliseconds since 1970. */
int ward_boot_set_clock(int64_t milliseconds);
/* Replaces a small file, mode 0644. */
int ward_boot_write(const unsigned char *path, int length, const unsigned char *bytes, int count);
/* Takes leave of children that others left to this process, never of those that reader.h counts as its own. */
void ward_boot_reap(void);

enum { WARD_BOOT_REBOOT = 0, WARD_BOOT_POWER_OFF = 1, WARD_BOOT_HALT = 2 };
/* Ends every other process, puts on the media what is to be there, unmounts, and goes that way. */
_Noreturn void ward_boot_end(int way);

#endif
