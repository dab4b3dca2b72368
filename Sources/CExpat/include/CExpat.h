// Expat behind a fixed tape: what Swift sees of it.
//
// One `ward_xml` holds a parser, the memory that parser may use, and the tape on
// which its callbacks write the stanza being read. Nothing here grows: a limit
// that is met is reported in `overflowed`, and the writing stops.

#ifndef WARD_CEXPAT_H
#define WARD_CEXPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  WARD_XML_TEXT = 12288,      // bytes of names, values and character data in a stanza
  WARD_XML_ELEMENTS = 192,    // elements in a stanza
  WARD_XML_ATTRIBUTES = 384,  // attributes in a stanza
  WARD_XML_DEPTH = 12,        // nesting, the stream element included
  WARD_XML_HEADER = 512,      // bytes of the stream element with its namespaces
  WARD_XML_ARENA = 40960      // bytes for Expat itself; see ward_xml_peak
};

// Where a piece of text lies in `text`.
typedef struct {
  uint16_t at;
  uint16_t count;
} ward_xml_piece;

typedef struct {
  ward_xml_piece ns;
  ward_xml_piece name;
  ward_xml_piece text;       // character data in front of the first child
  uint16_t attributes;       // index of the first one
  uint16_t attribute_count;
  uint16_t next;             // index behind this element and all it holds; 0 while it is open
} ward_xml_element;

typedef struct {
  ward_xml_piece name;       // attributes in a namespace (xml:lang) are left out
  ward_xml_piece value;
} ward_xml_attribute;

typedef struct ward_xml ward_xml;

// A reader of its own, or NULL where none is left (the firmware has one).
// `salt` keys Expat's hash tables and must not be guessable.
ward_xml *ward_xml_take(unsigned long salt);
// Gives it back. NULL is nothing to give: so it is where the Thing was wiped at the program's end.
void ward_xml_return(ward_xml *x);

// A new stream: what the last one declared is forgotten.
void ward_xml_open(ward_xml *x);

// What became of bytes that were fed. After any but WARD_XML_READ the parser
// takes no more until `ward_xml_begin` or `ward_xml_open`.
typedef enum {
  WARD_XML_READ,        // all taken
  WARD_XML_FULL,        // tape or memory cannot hold what they say
  WARD_XML_RESTRICTED,  // they hold what a stream must not (RFC 6120 §11.1)
  WARD_XML_BAD          // not well-formed XML with namespaces
} ward_xml_outcome;

// A new stanza within the stream, with an empty tape. The parser starts afresh as well,
// and is told the stream element again, where it has learnt too many names or
// the last stanza did not end well. False where that fails.
bool ward_xml_begin(ward_xml *x);

// More bytes.
ward_xml_outcome ward_xml_feed(ward_xml *x, const uint8_t *bytes, size_t count);

// Elements open now: 1 between stanzas.
int ward_xml_depth(const ward_xml *x);
// Leaves of the tape its first element without text and children, if it has that.
void ward_xml_keep_root(ward_xml *x);
// Takes the last child of the stanza's first child off the tape again.
void ward_xml_drop_item(ward_xml *x);

const uint8_t *ward_xml_text(const ward_xml *x);
const ward_xml_element *ward_xml_elements(const ward_xml *x);
size_t ward_xml_element_count(const ward_xml *x);
const ward_xml_attribute *ward_xml_attributes(const ward_xml *x);

// Bytes of a reader, its tape and Expat's arena included.
size_t ward_xml_size(void);
// The most that Expat ever used of its arena, in bytes.
size_t ward_xml_peak(const ward_xml *x);

#endif
