#define _GNU_SOURCE
#include "interfaces.h"
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(sizeof(((struct ward_interface *)0)->name) == IFNAMSIZ, "the kernel's interface");

static int control(void)
{
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* Does that with the socket, closes it, and answers as this file does. */
static int done(int fd, unsigned long operation, void *request)
{
    int result = fd < 0 || ioctl(fd, operation, request) != 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return result;
}

int ward_interface_find(const unsigned char *name, int length, struct ward_interface *found)
{
    int fd = control();
    if (fd < 0)
        return -errno;
    int result = -ENODEV;
    for (int index = 1; index <= WARD_LINK_MAXIMUM && result != 0; index++) {
        struct ifreq request = { 0 };
        request.ifr_ifindex = index;
        if (ioctl(fd, SIOCGIFNAME, &request) != 0)
            continue;
        memset(found, 0, sizeof *found);
        memcpy(found->name, request.ifr_name, IFNAMSIZ - 1);
        if (length > 0 && (strlen(found->name) != (size_t)length || memcmp(found->name, name, (size_t)length) != 0))
            continue;
        if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
            continue;
        found->running = (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
        if ((request.ifr_flags & IFF_LOOPBACK) || ioctl(fd, SIOCGIFHWADDR, &request) != 0 ||
            request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
            continue;
        for (int i = 0; i < 6; i++)
            found->hardware = found->hardware << 8 | (unsigned char)request.ifr_hwaddr.sa_data[i];
        found->index = index;
        result = 0;
    }
    close(fd);
    return result;
}

static void name_it(struct ifreq *request, const char *name)
{
    memset(request, 0, sizeof *request);
    strncpy(request->ifr_name, name, IFNAMSIZ - 1);
}

int ward_interface_up(const char *name)
{
    struct ifreq request;
    name_it(&request, name);
    int fd = control();
    if (fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    request.ifr_flags |= IFF_UP;
    return done(fd, SIOCSIFFLAGS, &request);
}

static int set(const char *name, unsigned long operation, uint32_t address)
{
    struct ifreq request;
    name_it(&request, name);
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
    memcpy(&request.ifr_addr, &four, sizeof four);
    return done(control(), operation, &request);
}

int ward_interface_set(const char *name, uint32_t address, uint32_t mask, uint32_t router)
{
    int result = set(name, SIOCSIFADDR, address);
    if (result == 0)
        result = set(name, SIOCSIFNETMASK, mask);
    if (result == 0)
        result = set(name, SIOCSIFBRDADDR, address | ~mask);
    if (result != 0 || router == 0)
        return result;
    struct sockaddr_in all = { .sin_family = AF_INET }, via = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(router) };
    char device[IFNAMSIZ] = { 0 };
    strncpy(device, name, IFNAMSIZ - 1);
    struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = device };
    memcpy(&route.rt_dst, &all, sizeof all);
    memcpy(&route.rt_genmask, &all, sizeof all);
    memcpy(&route.rt_gateway, &via, sizeof via);
    result = done(control(), SIOCADDRT, &route);
    return result == -EEXIST ? 0 : result;
}

int ward_interface_clear(const char *name)
{
    return set(name, SIOCSIFADDR, 0);
}

int ward_interface_watch(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0)
        return -errno;
    struct sockaddr_nl links = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
    if (bind(fd, (struct sockaddr *)&links, sizeof links) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

void ward_interface_seen(int watch)
{
    /* What changed is looked up afresh; messages that are cut, or were lost (ENOBUFS), are as good as whole ones. */
    unsigned char message[64];
    for (int i = 0; i < 256; i++)
        if (recv(watch, message, sizeof message, 0) < 0 && errno != ENOBUFS && errno != EINTR)
            return;
}
