#define _GNU_SOURCE
#include "include/reader.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Everything below `ward_reader_start` runs in a fork that may have been made
 * from a program with threads: system calls alone, no stdio and no malloc. */

enum { SOCKET = 3, CLOSED_BELOW = 1024 };

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
    ward_reader_serve serve;
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
        ward_worker_run(SOCKET, keeper->serve);
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

static _Noreturn void keep(int limit, int left_behind, ward_reader_serve serve) {
    static unsigned char request[WARD_READER_REQUEST], bytes[WARD_READER_ANSWER];
    struct keeper keeper = {0, -1, 0, limit, left_behind, serve};
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

/* The keepers that are not waited for yet; there is one, or one that follows another. */
static int own[4];

static void note(int pid, int in_place_of) {
    for (int i = 0; i < 4; i++)
        if (own[i] == in_place_of) {
            own[i] = pid;
            return;
        }
}

int ward_reader_owns(int pid) {
    for (int i = 0; i < 4; i++)
        if (own[i] == pid) return 1;
    return 0;
}

int ward_reader_start(int limit, int left_behind, void (*forget)(void), ward_reader_serve serve, int *pid) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
    int self = getpid();
    int child = fork();
    if (child == 0) {
        if (forget) forget();
        settle(self, pair[1]);
        keep(limit, left_behind, serve);
    }
    close(pair[1]);
    if (child < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0) {
        close(pair[0]);
        if (child > 0) waitpid(child, 0, 0);
        return -1;
    }
    *pid = child;
    note(child, 0);
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
    note(0, pid);
}

int ward_reader_watch(void) { return epoll_create1(EPOLL_CLOEXEC); }

int ward_reader_watch_socket(int watch, int socket) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(watch, EPOLL_CTL_ADD, socket, &event);
}

void ward_reader_unwatch(int watch) { close(watch); }
