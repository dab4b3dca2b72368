#define _GNU_SOURCE
#include "gpio.h"
#include "files.h"

#include <errno.h>
#include <linux/gpio.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* What the kernel takes for these is the same on every machine. */
_Static_assert(sizeof(struct gpio_v2_line_request) == 592, "the kernel's interface");
_Static_assert(offsetof(struct gpio_v2_line_request, config) == 288, "the kernel's interface");
_Static_assert(offsetof(struct gpio_v2_line_request, num_lines) == 560, "the kernel's interface");
_Static_assert(offsetof(struct gpio_v2_line_request, fd) == 588, "the kernel's interface");
_Static_assert(sizeof(struct gpio_v2_line_values) == 16, "the kernel's interface");

int ward_gpio_open(const unsigned char *chip, int length, int line, int pull)
{
    int fd = ward_file_open(chip, length);
    if (fd < 0)
        return fd;
    struct gpio_v2_line_request request;
    memset(&request, 0, sizeof request);
    request.offsets[0] = (__u32)line;
    request.num_lines = 1;
    memcpy(request.consumer, "ward", 4);
    request.config.flags = GPIO_V2_LINE_FLAG_INPUT;
    if (pull > 0)
        request.config.flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
    else if (pull < 0)
        request.config.flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
    int result = ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request) != 0 ? -errno : request.fd;
    close(fd);
    return result;
}

int ward_gpio_read(int descriptor)
{
    struct gpio_v2_line_values values = { .mask = 1 };
    if (ioctl(descriptor, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) != 0)
        return -errno;
    return (int)(values.bits & 1);
}

void ward_gpio_close(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

void ward_pause(int milliseconds)
{
    struct timespec left = { .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}
