#ifndef WARD_NETWORK_H
#define WARD_NETWORK_H

#include <stdint.h>

/* Waiting for descriptors, and TCP. Functions answer 0 or more on success and
 * a negated errno otherwise. */

/* epoll with up to 16 sources, numbered by the caller 0 ... 15. */
int ward_poll_open(void);
enum { WARD_READABLE = 1, WARD_WRITABLE = 2 };
/* Waits from now on for that descriptor under that source number; `interest` may be 0. */
int ward_poll_add(int poll, int descriptor, int source, int interest);
int ward_poll_change(int poll, int descriptor, int source, int interest);
/* To be called before the descriptor is closed: a child may still hold it. */
int ward_poll_remove(int poll, int descriptor);
/* Waits at most that many milliseconds, for ever where negative. Bit 2n of the
 * answer: source n is readable, bit 2n+1: writable. An error or hang-up counts as both. */
int64_t ward_poll_wait(int poll, int64_t milliseconds);

/* Addresses are 4 or 16 bytes in network order; the family is 4 or 6. */

/* Reads a numeric address without port into `bytes` (16): the family, or -EINVAL for anything else. */
int ward_address_parse(const unsigned char *text, int length, unsigned char *bytes);

/* Starts a TCP connection without waiting and answers the socket, whose being
 * writable says that the attempt has ended. */
int ward_connect(int family, const unsigned char *bytes, int port);
/* A UDP socket that talks to that address alone. */
int ward_connect_datagram(int family, const unsigned char *bytes, int port);
/* 0 where the attempt succeeded. */
int ward_connect_result(int socket);
/* Bytes received; 0 where the peer closed; ward_later where nothing waits. */
int ward_receive(int socket, unsigned char *bytes, int capacity);
/* Bytes taken by the kernel, perhaps fewer than given. */
int ward_send(int socket, const unsigned char *bytes, int count);
extern const int ward_later;    /* -EAGAIN */
extern const int ward_refused;  /* -ECONNREFUSED */
extern const int ward_reset;    /* -ECONNRESET */
extern const int ward_timed_out; /* -ETIMEDOUT */
extern const int ward_broken;   /* -EPIPE */
/* Says that nothing more will be sent; what was sent still arrives. */
void ward_finish(int socket);
void ward_close(int socket);

#endif
