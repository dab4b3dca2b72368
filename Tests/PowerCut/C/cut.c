#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "cut.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BLOCK = 512 };

int cut_open(const unsigned char *path, int length)
{
    char text[256];
    if (length <= 0 || length >= (int)sizeof text)
        return -ENAMETOOLONG;
    memcpy(text, path, (size_t)length);
    text[length] = 0;
    int fd = open(text, O_WRONLY | O_DIRECT | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int cut_mark(int descriptor, int block, unsigned int kind, unsigned int number)
{
    static _Alignas(4096) unsigned char mark[BLOCK];
    memcpy(mark, "WARDMARK", 8);
    for (int i = 0; i < 4; i++) {
        mark[8 + i] = (unsigned char)(kind >> 8 * i);
        mark[12 + i] = (unsigned char)(number >> 8 * i);
    }
    return pwrite(descriptor, mark, BLOCK, (off_t)block * BLOCK) == BLOCK ? 0 : -errno;
}

int cut_break(void)
{
    /* An error of number 0 is none: the call is not made, and succeeds. */
    struct sock_filter words[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fdatasync, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fsync, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = sizeof words / sizeof words[0], .filter = words };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return -errno;
    return 0;
}
