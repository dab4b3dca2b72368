#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "files.h"
#include "medium.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No errno: the kernel's end at 4095. */
const int ward_medium_foreign = -5001;
const int ward_medium_too_small = -5002;
const int ward_medium_open_to_others = -5003;

/* The kind and permissions of what a path or, where it is empty, a descriptor names; or -errno.
 * The kernel's own form, as in files.c. */
static int mode_of(int descriptor, const char *path)
{
    union { unsigned char bytes[256]; uint16_t words[128]; uint64_t aligned; } s;
    if (syscall(SYS_statx, descriptor, path, *path ? 0 : AT_EMPTY_PATH, 3 /* type and mode */, &s) != 0)
        return -errno;
    return s.words[14];
}

static int terminated(char *text, const unsigned char *path, int length)
{
    if (length <= 0)
        return -ENOENT;
    if (length > WARD_PATH_MAXIMUM)
        return -ENAMETOOLONG;
    if (memchr(path, 0, (size_t)length) != NULL)
        return -EINVAL;
    memcpy(text, path, (size_t)length);
    text[length] = 0;
    return 0;
}

int ward_medium_kind(const unsigned char *path, int length)
{
    char text[WARD_PATH_MAXIMUM + 1];
    int mode = terminated(text, path, length);
    if (mode == 0)
        mode = mode_of(AT_FDCWD, text);
    return mode < 0 ? mode : S_ISDIR(mode) ? 1 : S_ISBLK(mode) || S_ISREG(mode) ? 2 : 0;
}

static int lock(int descriptor)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_SETLK, &all) == 0)
        return 0;
    return errno == EACCES || errno == EAGAIN ? ward_is_locked : -errno;
}

/* A device's own switch, which some kernels only look at when it is written to. */
static int is_read_only(int descriptor)
{
    int answer = 0;
    return ioctl(descriptor, BLKROGET, &answer) == 0 && answer;
}

int ward_medium_open(const unsigned char *path, int length, int shared)
{
    char text[WARD_PATH_MAXIMUM + 1];
    int mode = terminated(text, path, length);
    if (mode == 0)
        mode = mode_of(AT_FDCWD, text);
    if (mode < 0)
        return mode;
    /* Of a device the kernel knows who has it: a mount, or a ward in another place. */
    int sole = S_ISBLK(mode) && !shared ? O_EXCL : 0;
    int fd = open(text, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | sole);
    int error = fd < 0 ? -errno : 0;
    if (error == -EBUSY && (fd = open(text, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) >= 0) {
        if (lock(fd) == ward_is_locked)
            error = ward_is_locked;
        close(fd);
    }
    if (error) {
        /* To root nothing else is denied. */
        if (error == -EACCES && (fd = open(text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) >= 0) {
            if (is_read_only(fd))
                error = -EROFS;
            close(fd);
        }
        return error;
    }
    mode = mode_of(fd, "");
    if (mode < 0)
        error = mode;
    else if (is_read_only(fd))
        error = -EROFS;
    else if (S_ISREG(mode) && (mode & 077))
        error = ward_medium_open_to_others;
    else if (!shared)
        error = lock(fd);
    if (error)
        close(fd);
    return error ? error : fd;
}

int ward_medium_size(int descriptor)
{
    off_t end = lseek(descriptor, 0, SEEK_END);
    return end < 0 ? -errno : end > INT32_MAX ? INT32_MAX : (int)end;
}

static int go_to(int descriptor, int offset)
{
    return lseek(descriptor, offset, SEEK_SET) < 0 ? -errno : 0;
}

int ward_medium_read(int descriptor, int offset, unsigned char *bytes, int count)
{
    int error = go_to(descriptor, offset);
    for (int done = 0; !error && done < count;) {
        int more = ward_file_read(descriptor, bytes + done, count - done);
        if (more <= 0)
            error = more < 0 ? more : -EIO;
        else
            done += more;
    }
    return error;
}

int ward_medium_write(int descriptor, int offset, const unsigned char *bytes, int count)
{
    int error = go_to(descriptor, offset);
    return error ? error : ward_file_write(descriptor, bytes, count);
}

int ward_medium_sync(int descriptor)
{
    return fdatasync(descriptor) < 0 ? -errno : 0;
}
