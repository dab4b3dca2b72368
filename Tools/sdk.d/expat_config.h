/* What of Expat is in the firmware: namespaces, and nothing of DTDs, so that there
 * is no code for entities of a document's own. Its hash salt comes from the kernel. */
#ifndef EXPAT_CONFIG_H
#define EXPAT_CONFIG_H 1

#define XML_NS 1
#define HAVE_GETRANDOM 1
#define BYTEORDER 1234

/* No variable of the environment makes it print its salt; nor is there then a need
 * for what prints. The header first, since it declares the function. */
#include <stdlib.h>
#define getenv(name) ((char *)0)

#endif
