#define _GNU_SOURCE
#include "watchdog.h"
#include "files.h"

#include <errno.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

int ward_watchdog_open(const unsigned char *path, int length, int seconds)
{
    int fd = ward_file_open_for_writing(path, length);
    if (fd < 0)
        return fd;
    /* Refused where it is more than the hardware can wait, which `ward_watchdog_timeout` then tells. */
    (void)ioctl(fd, WDIOC_SETTIMEOUT, &seconds);
    return fd;
}

int ward_watchdog_timeout(int descriptor)
{
    int seconds = 0;
    return ioctl(descriptor, WDIOC_GETTIMEOUT, &seconds) != 0 ? -errno : seconds;
}

void ward_watchdog_feed(int descriptor)
{
    (void)!write(descriptor, "", 1);
}

void ward_watchdog_end(int descriptor)
{
    /* Without this character before it, closing would leave the watchdog running. */
    (void)!write(descriptor, "V", 1);
    close(descriptor);
}
