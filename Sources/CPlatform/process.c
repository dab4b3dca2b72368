#define _GNU_SOURCE
#include "places.h"
#include "process.h"

#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

const int ward_signal_terminate = SIGTERM;
const int ward_signal_interrupt = SIGINT;
const int ward_signal_hangup = SIGHUP;
const int ward_signal_power_off = SIGUSR2;
const int ward_signal_halt = SIGUSR1;

int ward_harden(void)
{
    /* A file opened later must not become descriptor 2 and receive the log. */
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            int opened = open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
            if (opened < 0)
                return -errno;
            if (opened != fd)
                return -EBADF;
        }
    }
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -errno;
    umask(077);
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return -errno;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return -errno;
    return 0;
}

int ward_arguments(unsigned char *bytes, int capacity)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int name = 1, count = 0, result = 0;
    unsigned char chunk[256];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            result = -errno;
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n && result == 0; i++) {
            if (name)
                name = chunk[i] != 0;
            else if (count < capacity)
                bytes[count++] = chunk[i];
            else
                result = -E2BIG;
        }
        if (result != 0)
            break;
    }
    close(fd);
    return result != 0 ? result : count;
}

int ward_environment(const char *name, unsigned char *bytes, int capacity)
{
    const char *value = getenv(name);
    if (value == NULL)
        return -ENOENT;
    size_t length = strlen(value);
    if (length > (size_t)capacity)
        return -E2BIG;
    memcpy(bytes, value, length);
    return (int)length;
}

int ward_process_number(void)
{
    return (int)getpid();
}

static int64_t milliseconds(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        return -1;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t ward_clock(void)
{
    int64_t t = milliseconds(CLOCK_BOOTTIME);
    return t >= 0 ? t : milliseconds(CLOCK_MONOTONIC);
}

int64_t ward_wall_clock(void)
{
    return milliseconds(CLOCK_REALTIME);
}

int64_t ward_monotonic_microseconds(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int ward_platform_random(unsigned char *bytes, int count)
{
    int done = 0;
    while (done < count) {
        ssize_t n = getrandom(bytes + done, (size_t)(count - done), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int error = n < 0 ? errno : EIO;
            ward_platform_wipe(bytes, count);
            return -error;
        }
        done += (int)n;
    }
    return 0;
}

void ward_platform_wipe(void *bytes, int count)
{
    volatile unsigned char *p = bytes;
    for (int i = 0; i < count; i++)
        p[i] = 0;
}

int ward_signals_open(int first)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (first) {
        sigaddset(&set, SIGUSR1);
        sigaddset(&set, SIGUSR2);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int ward_signals_next(int descriptor)
{
    struct signalfd_siginfo info;
    for (;;) {
        ssize_t n = read(descriptor, &info, sizeof info);
        if (n == (ssize_t)sizeof info)
            return (int)info.ssi_signo;
        if (n < 0 && errno == EINTR)
            continue;
        return n < 0 && errno != EAGAIN ? -errno : 0;
    }
}

int ward_notify(const unsigned char *path, int length, const unsigned char *text, int count)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (length < 2 || (path[0] != '/' && path[0] != '@'))
        return -EINVAL;
    /* A path is followed by a NUL; an abstract name is exactly as long as it says. */
    if ((size_t)length >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, (size_t)length);
    if (path[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length);
    if (path[0] == '/')
        size += 1;
    ssize_t n = sendto(fd, text, (size_t)count, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    int result = n < 0 ? -errno : 0;
    close(fd);
    return result;
}

void ward_exit(int status)
{
    _exit(status);
}

/* Both are the linker's. */
extern const unsigned char __executable_start[], etext[];

enum { PAGE = 4096 };

/* Gives back the whole pages between the two. */
static void drop(uintptr_t from, uintptr_t to)
{
    from = (from + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    to &= ~(uintptr_t)(PAGE - 1);
    if (from < to)
        madvise((void *)from, to - from, MADV_DONTNEED);
}

void ward_trim(void)
{
    enum { DEEPEST = 1024 * 1024, STEP = 64 * PAGE };
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE - 1);
    /* Where the stack has never been there is no memory, and that is no error. */
    for (uintptr_t high = here - PAGE; high > here - DEEPEST; high -= STEP)
        if (madvise((void *)(high - STEP), STEP, MADV_DONTNEED) != 0)
            break;
    drop((uintptr_t)__executable_start, (uintptr_t)etext);
    /* It has been wiped, and zeros are what comes back. */
    drop((uintptr_t)ward_block_place(), (uintptr_t)ward_block_place() + WARD_BLOCK_ROOM);
}
