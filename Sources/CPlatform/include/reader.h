#ifndef WARD_READER_H
#define WARD_READER_H

#include <stdint.h>

/* Reading and writing small kernel files from outside the process.
 *
 * A sysfs attribute may block for as long as a driver likes, and neither
 * O_NONBLOCK nor epoll has any effect on one. So two children do it: the
 * worker opens, reads and writes; the keeper, which touches no file, hands it one
 * request at a time, and where the answer is not there within the limit it
 * kills the worker, answers "slow" in its place and forks another for the next
 * request. A worker that cannot be killed (uninterruptible sleep) is left
 * behind and reaped later; while too many are left behind every request fails.
 *
 * Both children are forks of this program without exec. They are meant to be
 * started before any secret is loaded; they hold no descriptor but their
 * socket, take no notice of SIGTERM, SIGINT and SIGHUP, leave no core file and
 * die with the process that started them.
 *
 * Request:  op (1 byte), id (4), then strings that each end in NUL.
 * Answer:   id (4), then for each file an entry: code (2, little-endian) and,
 *           where code >= 0, so many bytes. An answer that the keeper gives has one
 *           entry with a negative code, which holds for the whole request. */

enum {
    WARD_READER_REQUEST = 1088, /* longest request, bytes */
    WARD_READER_ANSWER = 640,   /* longest answer, bytes */
    WARD_READER_FILES = 4,      /* files in one request */
    WARD_READER_CONTENT = 128,  /* longest content of one file, bytes */
    WARD_READER_PATH = 255,     /* longest path, and longest entry, bytes */
    WARD_READER_WRITTEN = 64    /* longest content that is written, bytes */
};

enum {
    WARD_READER_READ = 1,    /* 1 ... 4 paths: the contents of each */
    WARD_READER_NEXT = 2,    /* directory, name: the entry that follows the name in byte order; empty at the end */
    WARD_READER_RESOLVE = 3, /* path: the same without symbolic links */
    WARD_READER_WRITE = 4,   /* path, content, and so on: written in this order until one fails.
                              * One entry: empty where all was written, else why not. The file must
                              * be there, and not behind a link at the path's end. Whether a worker
                              * that was killed over a write had written, nobody can say. */
    WARD_READER_CALL = 5     /* bytes for the program's own code, which runs in the worker. One entry: what it says. */
};

/* That code: it gets the request's bytes and room for an answer, of which it tells the length, or a code. */
typedef int (*ward_reader_serve)(const unsigned char *request, int count, unsigned char *answer, int capacity);

enum {
    WARD_READER_FAILED = -1,  /* the kernel reports an error */
    WARD_READER_GONE = -2,    /* there is no such file or device */
    WARD_READER_SLOW = -3,    /* the limit passed */
    WARD_READER_OVERSIZE = -4, /* more bytes than such a file can have */
    WARD_READER_REFUSED = -5   /* the kernel does not take what was to be written, or not from us */
};

/* Forks the two. `limit` is the time a request may take, in milliseconds;
 * `left_behind` how many unkillable workers are put up with; `forget`, where
 * not null, is called in the child before anything else, to overwrite
 * secrets; `serve` answers calls, where there are any. Answers the socket (non-blocking, close-on-exec) and sets `pid`;
 * or -1. */
int ward_reader_start(int limit, int left_behind, void (*forget)(void), ward_reader_serve serve, int *pid);

/* 0, or -1 where the children are not there. */
int ward_reader_send(int socket, const unsigned char *request, int count);

/* Bytes of one answer; 0 where there is none yet; -1 where the children are gone. */
int ward_reader_receive(int socket, unsigned char *answer, int capacity);

/* Waits until the descriptor can be read; 0 where the milliseconds passed first. */
int ward_reader_wait(int descriptor, int milliseconds);

/* Ends both children and waits for the keeper. */
void ward_reader_stop(int socket, int pid);

/* 1 where that is the number of a child which `ward_reader_stop` will wait for. */
int ward_reader_owns(int pid);

/* A descriptor that is readable when the socket it was given last is: it stays
 * the same when the socket has to be replaced. -1 where there is none to be had. */
int ward_reader_watch(void);
int ward_reader_watch_socket(int watch, int socket);
void ward_reader_unwatch(int watch);

#endif
