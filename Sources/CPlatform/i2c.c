#define _GNU_SOURCE
#include "include/i2c.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>
#include <sys/ioctl.h>

int ward_i2c_open(int bus)
{
    unsigned char path[16] = "/dev/i2c-";
    int end = 9;
    if (bus < 0 || bus > 999)
        return -ENODEV;
    if (bus > 99)
        path[end++] = (unsigned char)('0' + bus / 100);
    if (bus > 9)
        path[end++] = (unsigned char)('0' + bus / 10 % 10);
    path[end++] = (unsigned char)('0' + bus % 10);
    path[end] = 0;
    int fd = open((const char *)path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int ward_i2c_transfer(int descriptor, int address, const unsigned char *sent, int sent_count, unsigned char *received, int received_count)
{
    struct i2c_msg messages[2];
    unsigned count = 0;
    memset(messages, 0, sizeof messages);
    if (sent_count > 0 || received_count <= 0) {
        messages[count].addr = (__u16)address;
        messages[count].len = (__u16)sent_count;
        messages[count++].buf = (__u8 *)sent;
    }
    if (received_count > 0) {
        messages[count].addr = (__u16)address;
        messages[count].flags = I2C_M_RD;
        messages[count].len = (__u16)received_count;
        messages[count++].buf = received;
    }
    struct i2c_rdwr_ioctl_data data = { .msgs = messages, .nmsgs = count };
    int result;
    do
        result = ioctl(descriptor, I2C_RDWR, &data);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return -errno;
    return result == (int)count ? 0 : -EIO;
}

int ward_i2c_meaning(int error)
{
    switch (-error) {
    case ENODEV: case ENOENT: case EBADF: return WARD_I2C_GONE;
    case EAGAIN: case EBUSY: return WARD_I2C_STUCK;
    default: return WARD_I2C_NOBODY;
    }
}
