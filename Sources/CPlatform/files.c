#define _GNU_SOURCE
#include "files.h"
#include "medium.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

const int ward_is_a_link = -ELOOP;
const int ward_too_large = -EFBIG;

struct path {
    char text[WARD_PATH_MAXIMUM + 1];
};

/* A path with its NUL: 0, or a negated errno where it cannot be one. */
static int terminated(struct path *path, const unsigned char *bytes, int length)
{
    if (length <= 0)
        return -ENOENT;
    if (length > WARD_PATH_MAXIMUM)
        return -ENAMETOOLONG;
    if (memchr(bytes, 0, (size_t)length) != NULL)
        return -EINVAL;
    memcpy(path->text, bytes, (size_t)length);
    path->text[length] = 0;
    return 0;
}

static int answer(int result)
{
    return result < 0 ? -errno : result;
}

int ward_file_open(const unsigned char *path, int length)
{
    struct path p;
    int error = terminated(&p, path, length);
    return error ? error : answer(open(p.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

int ward_file_open_for_writing(const unsigned char *path, int length)
{
    struct path p;
    int error = terminated(&p, path, length);
    return error ? error : answer(open(p.text, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

int ward_file_status(int descriptor, struct ward_file *status)
{
    /* The kernel's own form (statx(2)), of which the mode alone is looked at: the C
     * library's fstat converts it field by field. */
    union { unsigned char bytes[256]; uint16_t words[128]; uint64_t aligned; } s;
    if (syscall(SYS_statx, descriptor, "", AT_EMPTY_PATH, 3 /* type and mode */, &s) != 0)
        return -errno;
    status->mode = s.words[14] & 07777u;
    status->regular = S_ISREG(s.words[14]);
    return 0;
}

int ward_file_read(int descriptor, unsigned char *bytes, int capacity)
{
    for (;;) {
        ssize_t n = read(descriptor, bytes, (size_t)capacity);
        if (n >= 0 || errno != EINTR)
            return answer((int)n);
    }
}

int ward_file_write(int descriptor, const unsigned char *bytes, int count)
{
    int done = 0;
    while (done < count) {
        ssize_t n = write(descriptor, bytes + done, (size_t)(count - done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (int)n;
    }
    return 0;
}

int ward_file_sync(int descriptor)
{
    return answer(fsync(descriptor));
}

void ward_file_close(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

const int ward_is_locked = -EAGAIN;

int ward_directory_open(const unsigned char *path, int length)
{
    struct path p;
    int error = terminated(&p, path, length);
    return error ? error : answer(open(p.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int ward_directory_make(const unsigned char *path, int length)
{
    struct path p;
    int error = terminated(&p, path, length);
    return error ? error : answer(mkdir(p.text, 0700));
}

int ward_directory_open_file(int directory, const unsigned char *name, int length)
{
    struct path p;
    int error = terminated(&p, name, length);
    return error ? error : answer(openat(directory, p.text, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

int ward_directory_make_file(int directory, const unsigned char *name, int length)
{
    struct path p;
    int error = terminated(&p, name, length);
    if (error)
        return error;
    if (unlinkat(directory, p.text, 0) != 0 && errno != ENOENT)
        return -errno;
    return answer(openat(directory, p.text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

int ward_directory_lock(int directory, const unsigned char *name, int length)
{
    struct path p;
    int error = terminated(&p, name, length);
    if (error)
        return error;
    int descriptor = answer(openat(directory, p.text, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
    if (descriptor < 0)
        return descriptor;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_SETLK, &lock) == 0)
        return descriptor;
    error = errno == EACCES || errno == EAGAIN ? ward_is_locked : -errno;
    close(descriptor);
    return error;
}

int ward_directory_rename(int directory, const unsigned char *from, int from_length, const unsigned char *to, int to_length)
{
    struct path a, b;
    int error = terminated(&a, from, from_length);
    if (!error)
        error = terminated(&b, to, to_length);
    return error ? error : answer(renameat(directory, a.text, directory, b.text));
}

int ward_directory_remove(int directory, const unsigned char *name, int length)
{
    struct path p;
    int error = terminated(&p, name, length);
    return error ? error : answer(unlinkat(directory, p.text, 0));
}

const char *ward_error_words(int error)
{
    if (error == ward_medium_foreign)
        return "holds something else; to give it away, overwrite its first 256 KiB with zeros";
    if (error == ward_medium_too_small)
        return "has fewer than 256 KiB";
    if (error == ward_medium_open_to_others)
        return "is open to others than its owner: chmod 600 it";
    switch (error < 0 ? -error : error) {
    case 0: return "no error";
    case ENOENT: return "no such file or directory";
    case EACCES: case EPERM: return "permission denied";
    case ENODEV: case ENXIO: return "no such device";
    case ENOEXEC: return "not for this kernel";
    case ENOTDIR: return "not a directory";
    case EISDIR: return "is a directory";
    case ELOOP: return "is a symbolic link";
    case ENAMETOOLONG: return "the path is too long";
    case EINVAL: return "not a path";
    case ENOSPC: case EDQUOT: return "no space left";
    case EROFS: return "is read-only";
    case EBUSY: return "is mounted, or something else has it";
    case EIO: return "input/output error";
    case EMFILE: case ENFILE: return "too many open files";
    case ENOMEM: case ENOBUFS: return "no memory";
    case EFBIG: return "too large";
    case ECONNREFUSED: return "connection refused";
    case ENETUNREACH: case EHOSTUNREACH: case ENETDOWN: case EADDRNOTAVAIL: case EAFNOSUPPORT: return "network unreachable";
    case ETIMEDOUT: return "timed out";
    case ECONNRESET: case EPIPE: return "connection reset";
    default: return "system error";
    }
}

int ward_error_is_missing(int error)
{
    return error == -ENOENT || error == ENOENT;
}
