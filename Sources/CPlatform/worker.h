#ifndef WARD_WORKER_H
#define WARD_WORKER_H

#include "include/reader.h"

/* The child that touches the files: serves one request after another (see
 * include/reader.h) until the socket is closed. */
_Noreturn void ward_worker_run(int socket, ward_reader_serve serve);

#endif
