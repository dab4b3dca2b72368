#define _GNU_SOURCE
#include "boot.h"
#include "files.h"
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Where the state's filesystem is mounted; empty for nowhere. */
static char mounted[64];

static int answer(int result)
{
    return result < 0 ? -errno : result;
}

/* Copies what is to end in NUL; 0, or a negated errno. */
static int terminated(char *to, size_t room, const unsigned char *bytes, int length)
{
    if (length <= 0 || memchr(bytes, 0, (size_t)length) != NULL)
        return -EINVAL;
    if ((size_t)length >= room)
        return -ENAMETOOLONG;
    memcpy(to, bytes, (size_t)length);
    to[length] = 0;
    return 0;
}

int ward_boot_is_first(void)
{
    static int first = -1;
    if (first < 0) {
        first = getpid() == 1;
        char name[32];
        ssize_t n = first ? readlink("/proc/self/ns/pid", name, sizeof name - 1) : 0;
        if (n > 0) {
            /* The number that the kernel gives the machine's own (PROC_PID_INIT_INO). */
            name[n] = 0;
            first = strcmp(name, "pid:[4026531836]") == 0;
        }
    }
    return first;
}

/* One after the other, since none may stand in the way of the next. */
static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, text, strlen(text));
    close(fd);
}

void ward_boot_begin(void)
{
    (void)mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755");
    (void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    (void)mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        /* The lowest free number is this one. */
        if (open("/dev/console", O_RDWR | O_NOCTTY) < 0)
            (void)open("/dev/kmsg", O_WRONLY | O_NOCTTY);
    }
    /* Without that a panic, such as this process's own end by a fault, would stop the machine for good. */
    int fd = open("/proc/sys/kernel/panic", O_RDONLY | O_CLOEXEC);
    char now = 0;
    if (fd >= 0 && read(fd, &now, 1) == 1 && now == '0')
        put("/proc/sys/kernel/panic", "10\n");
    if (fd >= 0)
        close(fd);
    (void)reboot(RB_DISABLE_CAD);
    /* Where nothing brings randomness along, the kernel gathers it for as long as somebody waits for it, which takes
     * seconds. They begin now, while modules load. */
    if (fork() == 0) {
        unsigned char byte;
        (void)!getrandom(&byte, sizeof byte, 0);
        _exit(0);
    }
}

int ward_boot_load(const unsigned char *path, int length)
{
    int fd = ward_file_open(path, length);
    if (fd < 0)
        return fd;
    int result = answer((int)syscall(SYS_finit_module, fd, "", 0));
    close(fd);
    return result == -EEXIST ? 0 : result;
}

int ward_boot_mount(const unsigned char *device, int device_length, const unsigned char *directory, int directory_length,
                    const unsigned char *type, int type_length)
{
    char source[WARD_PATH_MAXIMUM + 1], target[sizeof mounted], kind[32];
    int error = terminated(source, sizeof source, device, device_length);
    if (!error)
        error = terminated(target, sizeof target, directory, directory_length);
    if (!error)
        error = terminated(kind, sizeof kind, type, type_length);
    if (error)
        return error;
    if (mkdir(target, 0755) != 0 && errno != EEXIST)
        return -errno;
    if (mount(source, target, kind, MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME, NULL) != 0)
        return -errno;
    memcpy(mounted, target, sizeof mounted);
    return 0;
}

int ward_boot_set_hostname(const unsigned char *name, int length)
{
    return answer(sethostname((const char *)name, (size_t)length));
}

int ward_boot_set_clock(int64_t milliseconds)
{
    struct timespec t = { .tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
    return answer(clock_settime(CLOCK_REALTIME, &t));
}

int ward_boot_write(const unsigned char *path, int length, const unsigned char *bytes, int count)
{
    char name[WARD_PATH_MAXIMUM + 1];
    int error = terminated(name, sizeof name, path, length);
    if (error)
        return error;
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -errno;
    (void)fchmod(fd, 0644);
    int result = ward_file_write(fd, bytes, count);
    close(fd);
    return result;
}

void ward_boot_reap(void)
{
    for (;;) {
        siginfo_t child = { 0 };
        /* Looked at before it is taken: its number must stay taken for as long as somebody means to signal it. */
        if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 || child.si_pid == 0)
            return;
        if (ward_reader_owns(child.si_pid))
            return;
        (void)waitpid(child.si_pid, NULL, WNOHANG);
    }
}

_Noreturn void ward_boot_end(int way)
{
    static const int ways[] = { RB_AUTOBOOT, RB_POWER_OFF, RB_HALT_SYSTEM };
    (void)kill(-1, SIGKILL);
    /* The state's directory and its lock are open still, and would keep the filesystem. */
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    sync();
    if (mounted[0] && umount2(mounted, 0) != 0)
        (void)mount(NULL, mounted, NULL, MS_REMOUNT | MS_RDONLY, NULL);
    (void)reboot(ways[way]);
    /* Not this way, then the other; and the end of this process is a panic, which reboots. */
    (void)reboot(RB_AUTOBOOT);
    _exit(1);
}
