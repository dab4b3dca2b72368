/* What of the system udns may use. */
#define HAVE_GETOPT 1
#define HAVE_INET_PTON_NTOP 1
#define HAVE_IPv6 1
#define HAVE_POLL 1
