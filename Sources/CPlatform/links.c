#define _GNU_SOURCE
#include "links.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_UNICAST_IF
#define IP_UNICAST_IF 50
#endif

/* By ioctl and number rather than by getifaddrs, which takes memory for every address of
 * every interface: how much there are is nothing this program has a say in. */
static int look(int fd, int index, struct ward_link *link)
{
    struct ifreq request = { 0 };
    memset(link, 0, sizeof *link);
    link->index = index;
    request.ifr_ifindex = index;
    if (ioctl(fd, SIOCGIFNAME, &request) != 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0)
        return 0;
    int flags = request.ifr_flags;
    if (!(flags & IFF_UP) || !(flags & IFF_RUNNING) || (flags & IFF_LOOPBACK))
        return 0;
    link->multicast = (flags & IFF_MULTICAST) != 0;
    if (ioctl(fd, SIOCGIFHWADDR, &request) == 0 && request.ifr_hwaddr.sa_family == ARPHRD_ETHER)
        for (int i = 0; i < 6; i++)
            link->hardware = link->hardware << 8 | (unsigned char)request.ifr_hwaddr.sa_data[i];
    struct sockaddr_in four;
    if (ioctl(fd, SIOCGIFADDR, &request) == 0) {
        memcpy(&four, &request.ifr_addr, sizeof four);
        link->address = ntohl(four.sin_addr.s_addr);
        if (ioctl(fd, SIOCGIFNETMASK, &request) == 0) {
            memcpy(&four, &request.ifr_netmask, sizeof four);
            link->mask = ntohl(four.sin_addr.s_addr);
        }
    }
    return 1;
}

int ward_link_next(int after, struct ward_link *link)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int found = 0;
    for (int index = after + 1; index <= WARD_LINK_MAXIMUM && !found; index++)
        found = look(fd, index, link);
    close(fd);
    return found ? 0 : -ENODEV;
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* Has a socket send and receive through that link alone. Kernels before 5.7 keep this for root. */
static int bind_to_link(int fd, int index)
{
    struct ifreq request = { 0 };
    request.ifr_ifindex = index;
    if (ioctl(fd, SIOCGIFNAME, &request) != 0)
        return -1;
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, request.ifr_name, (socklen_t)strnlen(request.ifr_name, IFNAMSIZ));
}

int ward_link_open_dhcp(const struct ward_link *link)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    /* The second says as much for what is sent; behind the first it would be refused. */
    if (bind_to_link(fd, link->index) != 0)
        (void)set(fd, IPPROTO_IP, IP_UNICAST_IF, (int)htonl((uint32_t)link->index));
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(68), .sin_addr.s_addr = htonl(link->address) };
    /* The system's own DHCP client, which may hold the port, shares it. */
    if (set(fd, SOL_SOCKET, SO_BROADCAST, 1) == 0 && set(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0) {
        if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0)
            return fd;
        own.sin_port = 0;
        if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0)
            return fd;
    }
    int error = errno;
    close(fd);
    return -error;
}

int ward_link_open_multicast(const struct ward_link *link, int family)
{
    int fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int bound = bind_to_link(fd, link->index) == 0, good;
    if (family == 6) {
        /* The group's address names the link, too. */
        good = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255) == 0;
    } else {
        struct ip_mreqn through = { .imr_ifindex = link->index };
        good = (bound || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &through, sizeof through) == 0) &&
               set(fd, IPPROTO_IP, IP_MULTICAST_TTL, 255) == 0;
    }
    if (good)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

static int sent(int socket, const unsigned char *bytes, int count, const void *to, socklen_t size)
{
    for (;;) {
        ssize_t n = sendto(socket, bytes, (size_t)count, MSG_NOSIGNAL, to, size);
        if (n >= 0)
            return (int)n;
        if (errno != EINTR)
            return -errno;
    }
}

int ward_link_send_dhcp(int socket, uint32_t server, const unsigned char *bytes, int count)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(67), .sin_addr.s_addr = htonl(server) };
    return sent(socket, bytes, count, &to, sizeof to);
}

int ward_link_send_multicast(int socket, int family, int index, const unsigned char *bytes, int count)
{
    if (family == 4) {
        struct sockaddr_in group = { .sin_family = AF_INET, .sin_port = htons(5353), .sin_addr.s_addr = htonl(0xE00000FB) };
        return sent(socket, bytes, count, &group, sizeof group);
    }
    /* ff02::fb */
    struct sockaddr_in6 group = { .sin6_family = AF_INET6, .sin6_port = htons(5353), .sin6_scope_id = (uint32_t)index,
                                  .sin6_addr.s6_addr = { [0] = 0xFF, [1] = 0x02, [15] = 0xFB } };
    return sent(socket, bytes, count, &group, sizeof group);
}

int ward_link_receive(int socket, unsigned char *bytes, int capacity, struct ward_sender *sender)
{
    for (int errors = 0; errors < 16; errors++) {
        struct sockaddr_in6 from = { 0 };
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(socket, bytes, (size_t)capacity, 0, (struct sockaddr *)&from, &size);
        if (n < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                break;
            continue;
        }
        memset(sender, 0, sizeof *sender);
        if (from.sin6_family == AF_INET6)
            sender->near = IN6_IS_ADDR_LINKLOCAL(&from.sin6_addr) != 0;
        else
            sender->address = ntohl(((const struct sockaddr_in *)(const void *)&from)->sin_addr.s_addr);
        /* In both families the port stands in the same place. */
        sender->port = ntohs(from.sin6_port);
        return (int)n;
    }
    return -EAGAIN;
}
