#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/reader.h"

/* As in reader.c: system calls alone, no stdio and no malloc. */

enum { SCANNED = 4096 };

static int code_of(int error) {
    switch (error) {
    case ENOENT: case ENODEV: case ENOTDIR: return WARD_READER_GONE;
    case ENAMETOOLONG: return WARD_READER_OVERSIZE;
    default: return WARD_READER_FAILED;
    }
}

struct answer {
    unsigned char bytes[WARD_READER_ANSWER];
    int count;
};

static void put_entry(struct answer *answer, int code, const void *bytes) {
    int length = code > 0 ? code : 0;
    if (answer->count + 2 + length > WARD_READER_ANSWER) return;
    answer->bytes[answer->count++] = (unsigned char)(code & 0xFF);
    answer->bytes[answer->count++] = (unsigned char)(code >> 8 & 0xFF);
    memcpy(answer->bytes + answer->count, bytes, (size_t)length);
    answer->count += length;
}

/* Deliberately without O_NONBLOCK, which sysfs does not know: the limit is the keeper's. */
static void read_file(const char *path, struct answer *answer) {
    unsigned char content[WARD_READER_CONTENT + 1];
    int count = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        put_entry(answer, code_of(errno), 0);
        return;
    }
    while (count < (int)sizeof content) {
        ssize_t more = read(file, content + count, sizeof content - (size_t)count);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) count = code_of(errno);
        if (more <= 0) break;
        count += (int)more;
    }
    close(file);
    put_entry(answer, count > WARD_READER_CONTENT ? WARD_READER_OVERSIZE : count, content);
}

/* Where the file is there, it is the kernel's no: EINVAL, ERANGE, EACCES, EROFS, EBUSY, EIO ... */
static int refusal_of(int error) {
    return error == ENXIO || code_of(error) == WARD_READER_GONE ? WARD_READER_GONE : WARD_READER_REFUSED;
}

/* One write(2), as an attribute takes it. No file is made, no link at the path's end
 * followed, and nothing emptied before the kernel has taken the value. What a longer
 * one left behind it is then cut off: nothing, but where the tree is of plain files. */
static int write_file(const char *path, const char *content) {
    size_t length = strlen(content);
    if (length == 0 || length > WARD_READER_WRITTEN) return WARD_READER_REFUSED;
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    if (file < 0) return refusal_of(errno);
    ssize_t count;
    do count = write(file, content, length);
    while (count < 0 && errno == EINTR);
    int code = count < 0 ? refusal_of(errno) : (size_t)count < length ? WARD_READER_REFUSED : 0;
    if (code == 0 && ftruncate(file, (off_t)length) < 0) { /* Not a plain file. */ }
    close(file);
    return code;
}

/* Path and content in turn, until one fails or the end is reached. */
static int write_files(const char *text, const char *end) {
    int code = WARD_READER_REFUSED;
    while (text < end) {
        const char *content = text + strlen(text) + 1;
        code = content < end ? write_file(text, content) : WARD_READER_REFUSED;
        if (code != 0) break;
        text = content + strlen(content) + 1;
    }
    return code;
}

/* The kernel's, for getdents64; readdir would allocate. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

static void next_entry(const char *path, const char *after, struct answer *answer) {
    static union { struct entry entry; char bytes[1024]; } block;
    char best[WARD_READER_PATH + 1] = "";
    int scanned = 0;
    long filled = 0;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        put_entry(answer, code_of(errno), 0);
        return;
    }
    while (scanned < SCANNED && (filled = syscall(SYS_getdents64, directory, &block, sizeof block)) > 0) {
        for (long at = 0; at < filled;) {
            const struct entry *entry = (const struct entry *)(block.bytes + at);
            at += entry->size;
            scanned++;
            if (entry->name[0] == '.' || strlen(entry->name) > WARD_READER_PATH) continue;
            if (strcmp(entry->name, after) <= 0) continue;
            if (best[0] && strcmp(entry->name, best) >= 0) continue;
            strcpy(best, entry->name);
        }
    }
    int failed = filled < 0 ? code_of(errno) : scanned >= SCANNED ? WARD_READER_OVERSIZE : 0;
    close(directory);
    put_entry(answer, failed ? failed : (int)strlen(best), best);
}

/* The kernel resolves the path, and tells it by the descriptor's entry in /proc. */
static void resolve(const char *path, struct answer *answer) {
    char resolved[WARD_READER_PATH + 1], place[32] = "/proc/self/fd/";
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) {
        put_entry(answer, code_of(errno), 0);
        return;
    }
    /* Few descriptors are open here: settle closed the others. */
    char *digit = place + strlen(place);
    if (file >= 10) *digit++ = (char)('0' + file / 10 % 10);
    *digit++ = (char)('0' + file % 10);
    *digit = 0;
    ssize_t length = readlink(place, resolved, sizeof resolved);
    int code = length < 0 ? code_of(errno) : length > WARD_READER_PATH ? WARD_READER_OVERSIZE : (int)length;
    close(file);
    put_entry(answer, code, resolved);
}

/* Lets the program's own code answer. What it says is one entry. */
static void call(ward_reader_serve serve, const char *text, int count, struct answer *answer) {
    unsigned char said[WARD_READER_CONTENT];
    int length = serve ? serve((const unsigned char *)text, count, said, WARD_READER_CONTENT) : WARD_READER_FAILED;
    put_entry(answer, length > WARD_READER_CONTENT ? WARD_READER_FAILED : length, said);
}

_Noreturn void ward_worker_run(int socket, ward_reader_serve serve) {
    static unsigned char request[WARD_READER_REQUEST + 1];
    static struct answer answer;
    for (;;) {
        ssize_t count = recv(socket, request, WARD_READER_REQUEST, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 6) _exit(0);
        request[count] = 0;
        memcpy(answer.bytes, request + 1, 4);
        answer.count = 4;
        const char *text = (const char *)request + 5;
        const char *end = (const char *)request + count;
        const char *second = text + strlen(text) + 1;
        switch (request[0]) {
        case WARD_READER_READ:
            for (int i = 0; i < WARD_READER_FILES && text < end; i++) {
                read_file(text, &answer);
                text += strlen(text) + 1;
            }
            break;
        case WARD_READER_NEXT: next_entry(text, second < end ? second : "", &answer); break;
        case WARD_READER_RESOLVE: resolve(text, &answer); break;
        case WARD_READER_CALL: call(serve, text, (int)(end - text), &answer); break;
        case WARD_READER_WRITE: put_entry(&answer, write_files(text, end), 0); break;
        default: put_entry(&answer, WARD_READER_FAILED, 0);
        }
        while (send(socket, answer.bytes, (size_t)answer.count, MSG_NOSIGNAL) < 0)
            if (errno != EINTR) _exit(0);
    }
}
