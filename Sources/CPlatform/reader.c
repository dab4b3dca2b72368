#define _GNU_SOURCE
#include "include/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Everything below `ward_reader_start` runs in a fork that may have been made
 * from a program with threads: system calls alone, no stdio and no malloc. */

enum { SOCKET = 3, CLOSED_BELOW = 1024, SCANNED = 4096 };

static int code_of(int error) {
    switch (error) {
    case ENOENT: case ENODEV: case ENOTDIR: return WARD_READER_GONE;
    case ENAMETOOLONG: return WARD_READER_OVERSIZE;
    default: return WARD_READER_FAILED;
    }
}

/* The worker. */

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

static _Noreturn void work(int socket) {
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
        default: put_entry(&answer, WARD_READER_FAILED, 0);
        }
        while (send(socket, answer.bytes, (size_t)answer.count, MSG_NOSIGNAL) < 0)
            if (errno != EINTR) _exit(0);
    }
}

/* The keeper. */

/* Ties the child's life to `parent` and takes from it what it does not need. */
static void settle(int parent, int socket) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    /* Without a number below SOCKET free, dup2 would close what it is to copy. */
    if (socket != SOCKET && dup2(socket, SOCKET) < 0) _exit(0);
    for (int i = SOCKET + 1; i < CLOSED_BELOW; i++) close(i);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < SOCKET && null >= 0; i++) dup2(null, i);
    if (null > SOCKET) close(null);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "ward-sensors");
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigset_t all;
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct keeper {
    int worker;   /* its pid, 0 where there is none */
    int socket;   /* to the worker */
    int children; /* not reaped yet, the worker included */
    int limit;
    int left_behind;
};

/* False where too many workers are stuck, or none can be forked. */
static int have_worker(struct keeper *keeper) {
    if (keeper->worker) return 1;
    if (keeper->children > keeper->left_behind) return 0;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return 0;
    int self = getpid();
    int pid = fork();
    if (pid == 0) {
        settle(self, pair[1]);
        work(SOCKET);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return 0;
    }
    keeper->worker = pid;
    keeper->socket = pair[0];
    keeper->children++;
    return 1;
}

static void drop_worker(struct keeper *keeper) {
    kill(keeper->worker, SIGKILL);
    close(keeper->socket);
    keeper->worker = 0;
}

static void reap(struct keeper *keeper) {
    int pid;
    while ((pid = waitpid(-1, 0, WNOHANG)) > 0) {
        keeper->children--;
        if (pid == keeper->worker) {
            close(keeper->socket);
            keeper->worker = 0;
        }
    }
}

/* Bytes of the worker's answer, or a code. Ends the program when the parent is gone. */
static int await(struct keeper *keeper, unsigned char *answer) {
    int64_t until = milliseconds() + keeper->limit;
    for (;;) {
        int64_t left = until - milliseconds();
        struct pollfd both[2] = {{keeper->socket, POLLIN, 0}, {SOCKET, 0, 0}};
        int ready = poll(both, 2, left > 0 ? (int)left : 0);
        if (ready < 0 && errno == EINTR) continue;
        if (ready > 0 && both[1].revents) {
            drop_worker(keeper);
            _exit(0);
        }
        if (ready == 0) return WARD_READER_SLOW;
        ssize_t count = ready > 0 ? recv(keeper->socket, answer, WARD_READER_ANSWER, 0) : 0;
        if (count < 0 && errno == EINTR) continue;
        return count > 0 ? (int)count : WARD_READER_FAILED;
    }
}

static _Noreturn void keep(int limit, int left_behind) {
    static unsigned char request[WARD_READER_REQUEST], bytes[WARD_READER_ANSWER];
    struct keeper keeper = {0, -1, 0, limit, left_behind};
    for (;;) {
        ssize_t count = recv(SOCKET, request, sizeof request, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 6) {
            if (keeper.worker) drop_worker(&keeper);
            _exit(0);
        }
        reap(&keeper);
        int result = WARD_READER_FAILED;
        if (have_worker(&keeper)) {
            if (send(keeper.socket, request, (size_t)count, MSG_NOSIGNAL) == count)
                result = await(&keeper, bytes);
            if (result < 0) drop_worker(&keeper);
        }
        if (result < 0) {
            memcpy(bytes, request + 1, 4);
            bytes[4] = (unsigned char)(result & 0xFF);
            bytes[5] = (unsigned char)(result >> 8 & 0xFF);
            result = 6;
        }
        while (send(SOCKET, bytes, (size_t)result, MSG_NOSIGNAL) < 0)
            if (errno != EINTR) {
                if (keeper.worker) drop_worker(&keeper);
                _exit(0);
            }
    }
}

/* The program's side. */

int ward_reader_start(int limit, int left_behind, void (*forget)(void), int *pid) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
    int self = getpid();
    int child = fork();
    if (child == 0) {
        if (forget) forget();
        settle(self, pair[1]);
        keep(limit, left_behind);
    }
    close(pair[1]);
    if (child < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0) {
        close(pair[0]);
        if (child > 0) waitpid(child, 0, 0);
        return -1;
    }
    *pid = child;
    return pair[0];
}

int ward_reader_send(int socket, const unsigned char *request, int count) {
    ssize_t sent;
    do sent = send(socket, request, (size_t)count, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == count ? 0 : -1;
}

int ward_reader_receive(int socket, unsigned char *answer, int capacity) {
    ssize_t count;
    do count = recv(socket, answer, (size_t)capacity, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count > 0) return (int)count;
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
}

int ward_reader_wait(int descriptor, int limit) {
    int64_t until = milliseconds() + limit;
    for (;;) {
        int64_t left = until - milliseconds();
        struct pollfd one = {descriptor, POLLIN, 0};
        int ready = poll(&one, 1, left > 0 ? (int)left : 0);
        if (ready >= 0) return ready > 0;
        if (errno != EINTR) return 0;
    }
}

void ward_reader_stop(int socket, int pid) {
    /* The worker dies with the keeper; one that sleeps in the kernel is init's to reap. */
    close(socket);
    kill(pid, SIGKILL);
    while (waitpid(pid, 0, 0) < 0 && errno == EINTR) {}
}

int ward_reader_watch(void) { return epoll_create1(EPOLL_CLOEXEC); }

int ward_reader_watch_socket(int watch, int socket) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(watch, EPOLL_CTL_ADD, socket, &event);
}

void ward_reader_unwatch(int watch) { close(watch); }
