// The memory of one parser.

#ifndef WARD_CEXPAT_ARENA_H
#define WARD_CEXPAT_ARENA_H

#include "CExpat.h"

#include <expat.h>

typedef struct {
  size_t used;   // bytes from the start that hold blocks
  size_t hole;   // in front of this none of them is free
  size_t limit;  // what `used` may come to
  size_t peak;   // the most that it ever was
  _Alignas(16) uint8_t bytes[WARD_XML_ARENA];
} ward_xml_arena;

// From now on this thread's parser takes its memory there. To be said before each
// call of Expat's that may allocate.
void ward_xml_arena_use(ward_xml_arena *a);
// Everything in it is free again; a parser that lived there is no more.
void ward_xml_arena_empty(ward_xml_arena *a);

extern const XML_Memory_Handling_Suite ward_xml_arena_suite;

#endif
