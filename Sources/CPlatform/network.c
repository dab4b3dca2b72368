#define _GNU_SOURCE
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

const int ward_later = -EAGAIN;
const int ward_refused = -ECONNREFUSED;
const int ward_reset = -ECONNRESET;
const int ward_timed_out = -ETIMEDOUT;
const int ward_broken = -EPIPE;

int ward_poll_open(void)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int control(int poll, int operation, int descriptor, int source, int interest)
{
    struct epoll_event event = { 0 };
    if (interest & WARD_READABLE)
        event.events |= EPOLLIN;
    if (interest & WARD_WRITABLE)
        event.events |= EPOLLOUT;
    event.data.u32 = (uint32_t)source & 15;
    return epoll_ctl(poll, operation, descriptor, &event) != 0 ? -errno : 0;
}

int ward_poll_add(int poll, int descriptor, int source, int interest)
{
    return control(poll, EPOLL_CTL_ADD, descriptor, source, interest);
}

int ward_poll_change(int poll, int descriptor, int source, int interest)
{
    return control(poll, EPOLL_CTL_MOD, descriptor, source, interest);
}

int ward_poll_remove(int poll, int descriptor)
{
    return control(poll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int64_t ward_poll_wait(int poll, int64_t milliseconds)
{
    struct epoll_event events[16];
    int limit = milliseconds < 0 ? -1 : milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
    int n = epoll_wait(poll, events, 16, limit);
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    int64_t ready = 0;
    for (int i = 0; i < n; i++) {
        int source = (int)(events[i].data.u32 & 15);
        int both = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0;
        if (both || (events[i].events & EPOLLIN))
            ready |= (int64_t)1 << (2 * source);
        if (both || (events[i].events & EPOLLOUT))
            ready |= (int64_t)2 << (2 * source);
    }
    return ready;
}

int ward_address_parse(const unsigned char *text, int length, unsigned char *bytes)
{
    char copy[INET6_ADDRSTRLEN];
    if (length <= 0 || length >= (int)sizeof copy || memchr(text, 0, (size_t)length) != NULL)
        return -EINVAL;
    memcpy(copy, text, (size_t)length);
    copy[length] = 0;
    if (inet_pton(AF_INET, copy, bytes) == 1)
        return 4;
    if (inet_pton(AF_INET6, copy, bytes) == 1)
        return 6;
    return -EINVAL;
}

static int connected(int kind, int family, const unsigned char *bytes, int port)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    const struct sockaddr *address = (const struct sockaddr *)&four;
    socklen_t size = sizeof four;
    if (family == 6) {
        memcpy(&six.sin6_addr, bytes, 16);
        address = (const struct sockaddr *)&six;
        size = sizeof six;
    } else {
        memcpy(&four.sin_addr, bytes, 4);
    }
    int fd = socket(family == 6 ? AF_INET6 : AF_INET, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    /* Each turn's answers leave in one write already: waiting for more would only delay them. */
    int on = 1;
    if (kind == SOCK_STREAM)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, address, size) != 0 && errno != EINPROGRESS && errno != EINTR) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int ward_connect(int family, const unsigned char *bytes, int port)
{
    return connected(SOCK_STREAM, family, bytes, port);
}

int ward_connect_datagram(int family, const unsigned char *bytes, int port)
{
    return connected(SOCK_DGRAM, family, bytes, port);
}

int ward_connect_result(int socket)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -errno;
    return -error;
}

int ward_receive(int socket, unsigned char *bytes, int capacity)
{
    for (;;) {
        ssize_t n = recv(socket, bytes, (size_t)capacity, 0);
        if (n >= 0)
            return (int)n;
        if (errno != EINTR)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
}

int ward_send(int socket, const unsigned char *bytes, int count)
{
    for (;;) {
        ssize_t n = send(socket, bytes, (size_t)count, MSG_NOSIGNAL);
        if (n >= 0)
            return (int)n;
        if (errno != EINTR)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
}

void ward_finish(int socket)
{
    (void)shutdown(socket, SHUT_WR);
}

void ward_close(int socket)
{
    if (socket >= 0)
        close(socket);
}
