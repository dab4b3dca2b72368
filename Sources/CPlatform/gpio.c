#define _GNU_SOURCE
#include "gpio.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
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
_Static_assert(sizeof(struct gpio_v2_line_event) == 48, "the kernel's interface");

enum { CHIPS = 64 };

int ward_gpio_is_listed(const char *label, const unsigned char *list, int length)
{
    int count = (int)strlen(label);
    for (int start = 0, end; start <= length; start = end + 1) {
        for (end = start; end < length && list[end] != ','; end++)
            ;
        if (count > 0 && end - start == count && memcmp(label, list + start, (size_t)count) == 0)
            return 1;
    }
    return 0;
}

/* The first chip with one of these labels. */
static int find(const unsigned char *labels, int length)
{
    for (int number = 0; number < CHIPS; number++) {
        unsigned char path[16] = "/dev/gpiochip";
        int end = 13;
        if (number > 9)
            path[end++] = (unsigned char)('0' + number / 10);
        path[end++] = (unsigned char)('0' + number % 10);
        int fd = ward_file_open(path, end);
        if (fd < 0)
            continue;
        struct gpiochip_info info;
        if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) == 0) {
            info.label[sizeof info.label - 1] = 0;
            if (ward_gpio_is_listed(info.label, labels, length))
                return fd;
        }
        close(fd);
    }
    return -ENODEV;
}

/* Takes one line of a chip for as long as the descriptor that it answers is open. */
static int take(const unsigned char *chip, int length, int line, struct gpio_v2_line_config *config)
{
    int fd = memchr(chip, '/', (size_t)length) ? ward_file_open(chip, length) : find(chip, length);
    if (fd < 0)
        return fd;
    struct gpio_v2_line_request request;
    memset(&request, 0, sizeof request);
    request.offsets[0] = (__u32)line;
    request.num_lines = 1;
    memcpy(request.consumer, "ward", 4);
    request.config = *config;
    int result = ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request) != 0 ? -errno : request.fd;
    close(fd);
    return result;
}

static __u64 flags_of(int pull, int active_low)
{
    __u64 flags = active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0;
    if (pull > 0)
        flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
    else if (pull < 0)
        flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
    return flags;
}

int ward_gpio_open(const unsigned char *chip, int length, int line, int pull)
{
    struct gpio_v2_line_config config = { .flags = GPIO_V2_LINE_FLAG_INPUT | flags_of(pull, 0) };
    return take(chip, length, line, &config);
}

int ward_gpio_watch(const unsigned char *chip, int length, int line, int pull, int active_low, int settle)
{
    struct gpio_v2_line_config config = {
        .flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING
            | flags_of(pull, active_low),
        .num_attrs = settle > 0,
    };
    config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
    config.attrs[0].attr.debounce_period_us = (__u32)settle;
    config.attrs[0].mask = 1;
    int fd = take(chip, length, line, &config);
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int ward_gpio_open_output(const unsigned char *chip, int length, int line, int active_low, int level)
{
    struct gpio_v2_line_config config = { .flags = GPIO_V2_LINE_FLAG_OUTPUT | flags_of(0, active_low), .num_attrs = 1 };
    config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
    config.attrs[0].attr.values = level != 0;
    config.attrs[0].mask = 1;
    return take(chip, length, line, &config);
}

int ward_gpio_set(int descriptor, int level)
{
    struct gpio_v2_line_values values = { .mask = 1, .bits = level != 0 };
    return ioctl(descriptor, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) != 0 ? -errno : 0;
}

int ward_gpio_edge(int descriptor)
{
    struct gpio_v2_line_event event;
    ssize_t count;
    do
        count = read(descriptor, &event, sizeof event);
    while (count < 0 && errno == EINTR);
    if (count != (ssize_t)sizeof event)
        return count < 0 ? -errno : -EIO;
    return event.id == GPIO_V2_LINE_EVENT_RISING_EDGE;
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
