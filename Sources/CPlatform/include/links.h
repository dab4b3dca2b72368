#ifndef WARD_LINKS_H
#define WARD_LINKS_H

#include <stdint.h>

/* The network's links (interfaces), and datagrams to whoever listens on one of them.
 * Functions answer 0 or more on success and a negated errno otherwise. */

enum { WARD_LINK_MAXIMUM = 255 };   /* the greatest number that is looked for */

/* A link that is up and no loopback. Numbers are in this machine's order: 192.0.2.1 is 0xC0000201.
 * Without an IPv4 address, address and mask are 0. */
struct ward_link {
    int32_t index;      /* the kernel's number of it */
    uint32_t address;   /* its first IPv4 address */
    uint32_t mask;
    int32_t multicast;  /* 1 where it carries multicast */
    uint64_t hardware;  /* the 48 bits of an Ethernet address; 0 where it has none */
};

/* The next such link whose number is greater than `after`, which is 0 for the first; -ENODEV where there is
 * none among the numbers up to WARD_LINK_MAXIMUM. */
int ward_link_next(int after, struct ward_link *link);

/* A UDP socket for DHCP on that link: broadcasts leave through it, and it is bound to its
 * address and port 68; where that is not permitted, to any port. */
int ward_link_open_dhcp(const struct ward_link *link);
/* A UDP socket for multicast on that link, of the family 4 or 6, at any port; what it
 * sends has a TTL or hop limit of 255 (RFC 6762 §11). */
int ward_link_open_multicast(const struct ward_link *link, int family);
/* Sends to port 67 of that server, or of all (0xFFFFFFFF); or to the multicast DNS group of that family at
 * port 5353. Bytes sent. */
int ward_link_send_dhcp(int socket, uint32_t server, const unsigned char *bytes, int count);
int ward_link_send_multicast(int socket, int family, int index, const unsigned char *bytes, int count);
/* Who sent a datagram. */
struct ward_sender {
    uint32_t address;   /* IPv4, as in ward_link; 0 for IPv6 */
    int32_t near;       /* 1 for a link-local address of IPv6 */
    int32_t port;
};

/* The next datagram: its bytes, cut at `capacity`; -EAGAIN where none waits. Errors that belong to what was
 * sent (ICMP) are passed over. */
int ward_link_receive(int socket, unsigned char *bytes, int capacity, struct ward_sender *sender);

#endif
