// Expat's callbacks, which only copy onto the tape, and the parser's life: it is
// made anew, in emptied memory, before a stanza, whenever it has learnt enough.

#include "CExpat.h"
#include "arena.h"

#include <expat.h>
#include <string.h>

#ifndef WARD_FIRMWARE
#include <stdlib.h>
#endif

// Expat has this since 2.6.0, and 2.5.0 has it where a distribution patched it in:
// the version does not tell, so the linker is asked.
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser, XML_Bool) __attribute__((weak));

enum {
  SEPARATOR = '\n',  // between namespace and name: cannot occur in either
  // Expat's tables keep every name that it ever saw. What they may grow by before
  // a parser is given up: a Thing's everyday stanzas have few names.
  LEARNT = 2048,
  FED = 1 << 20      // bytes that a parser reads at most; it counts them in a long
};

struct ward_xml {
  XML_Parser parser;
  unsigned long salt;
  int depth;             // open elements, the stream element included
  bool overflowed;
  bool restricted;       // a DOCTYPE, comment or processing instruction was seen
  bool learning;         // reading the stream element itself
  bool ended;            // the latest stanza's end tag was the last that Expat saw
  bool in_use;
  size_t fresh;          // what the arena held before the parser's first stanza
  size_t fed;            // bytes it has read
  uint16_t open[WARD_XML_DEPTH];  // elements that are open, outermost first
  int recorded;          // how many of the open ones are on the tape
  uint16_t text_count;
  uint16_t element_count;
  uint16_t attribute_count;
  uint16_t item_text, item_elements, item_attributes;  // tape as it was before the latest item
  size_t header_count;
  uint8_t header[WARD_XML_HEADER];
  uint8_t text[WARD_XML_TEXT];
  ward_xml_element elements[WARD_XML_ELEMENTS];
  ward_xml_attribute attributes[WARD_XML_ATTRIBUTES];
  ward_xml_arena arena;
};

// What comes does not fit: Expat stops at this token, however its bytes arrived.
static void overflow(ward_xml *x) {
  x->overflowed = true;
  XML_StopParser(x->parser, XML_FALSE);
}

// Appends to the tape's text; an empty piece and `overflowed` where it is full.
static ward_xml_piece keep(ward_xml *x, const char *bytes, size_t count) {
  ward_xml_piece piece = {x->text_count, 0};
  if (count > (size_t)(WARD_XML_TEXT - x->text_count)) {
    overflow(x);
    return piece;
  }
  memcpy(x->text + x->text_count, bytes, count);
  piece.count = (uint16_t)count;
  x->text_count = (uint16_t)(x->text_count + count);
  return piece;
}

static void header_put(ward_xml *x, const char *bytes, size_t count) {
  // One byte is kept for the tag's end.
  if (count > WARD_XML_HEADER - 1 - x->header_count) {
    overflow(x);
    return;
  }
  memcpy(x->header + x->header_count, bytes, count);
  x->header_count += count;
}

// The stream's namespaces, remembered in the form in which they are fed again.
static void on_namespace(void *data, const XML_Char *prefix, const XML_Char *uri) {
  ward_xml *x = data;
  if (!x->learning || x->depth != 0) return;
  // No namespace of XMPP has any of these, and they would not survive being written anew.
  if (uri && strpbrk(uri, "'<&\t\r\n")) {
    overflow(x);
    return;
  }
  header_put(x, " xmlns", 6);
  if (prefix) {
    header_put(x, ":", 1);
    header_put(x, prefix, strlen(prefix));
  }
  header_put(x, "='", 2);
  if (uri) header_put(x, uri, strlen(uri));
  header_put(x, "'", 1);
}

// Bytes of a short name in front of the separator, or all where there is none.
static size_t leading(const char *name) {
  size_t count = 0;
  while (name[count] && name[count] != SEPARATOR) count++;
  return count;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
  ward_xml *x = data;
  x->depth++;
  // The stream element is put on the tape only when it is new; fed again, it is known.
  if (x->depth == 1 && !x->learning) return;
  if (x->overflowed) return;
  if (x->element_count == WARD_XML_ELEMENTS || x->recorded == WARD_XML_DEPTH) {
    overflow(x);
    return;
  }
  if (x->recorded == 2) {
    x->item_text = x->text_count;
    x->item_elements = x->element_count;
    x->item_attributes = x->attribute_count;
  }
  ward_xml_element *element = &x->elements[x->element_count];
  memset(element, 0, sizeof *element);
  const char *local = strchr(name, SEPARATOR);
  size_t ns_count = local ? (size_t)(local - name) : 0;
  local = local ? local + 1 : name;
  // Children mostly share their parent's namespace: kept once.
  const ward_xml_element *parent = x->recorded > 0 ? &x->elements[x->open[x->recorded - 1]] : NULL;
  if (parent && parent->ns.count == ns_count && memcmp(x->text + parent->ns.at, name, ns_count) == 0)
    element->ns = parent->ns;
  else
    element->ns = keep(x, name, ns_count);
  element->name = keep(x, local, strlen(local));
  element->attributes = x->attribute_count;
  for (; attributes[0]; attributes += 2) {
    size_t count = leading(attributes[0]);
    if (attributes[0][count]) continue;
    if (x->attribute_count == WARD_XML_ATTRIBUTES) {
      overflow(x);
      return;
    }
    ward_xml_attribute *attribute = &x->attributes[x->attribute_count];
    attribute->name = keep(x, attributes[0], count);
    attribute->value = keep(x, attributes[1], strlen(attributes[1]));
    if (x->overflowed) return;
    x->attribute_count++;
    element->attribute_count++;
  }
  if (x->overflowed) return;
  element->text.at = x->text_count;
  x->open[x->recorded++] = x->element_count++;
}

static void on_end(void *data, const XML_Char *name) {
  ward_xml *x = data;
  (void)name;
  x->depth--;
  x->ended = x->depth == 1;
  if (x->overflowed || x->recorded == 0) return;
  x->recorded--;
  x->elements[x->open[x->recorded]].next = x->element_count;
}

static void on_text(void *data, const XML_Char *bytes, int count) {
  ward_xml *x = data;
  if (x->overflowed || x->recorded == 0 || count <= 0) return;
  ward_xml_element *element = &x->elements[x->open[x->recorded - 1]];
  if (x->open[x->recorded - 1] != x->element_count - 1) return;  // behind a child
  if (x->recorded == 2 && x->item_elements == x->element_count) return;  // behind a dropped one
  ward_xml_piece piece = keep(x, bytes, (size_t)count);
  element->text.count = (uint16_t)(element->text.count + piece.count);
}

// A second guard behind the scanner: none of these may occur in a stream.
static void restrict_xml(void *data) {
  ward_xml *x = data;
  x->restricted = true;
  XML_StopParser(x->parser, XML_FALSE);
}
static void on_doctype(void *data, const XML_Char *n, const XML_Char *s, const XML_Char *p, int i) {
  (void)n, (void)s, (void)p, (void)i;
  restrict_xml(data);
}
static void on_instruction(void *data, const XML_Char *target, const XML_Char *text) {
  (void)target, (void)text;
  restrict_xml(data);
}
static void on_comment(void *data, const XML_Char *text) {
  (void)text;
  restrict_xml(data);
}

// An empty tape, and nothing wrong yet.
static void clear(ward_xml *x) {
  x->recorded = 0;
  x->overflowed = false;
  x->restricted = false;
  x->text_count = 0;
  x->element_count = 0;
  x->attribute_count = 0;
  x->item_elements = 0;
}

// A parser in an emptied arena. The old one needs no farewell: all it had lies there.
static bool renew(ward_xml *x) {
  ward_xml_arena_use(&x->arena);
  ward_xml_arena_empty(&x->arena);
  x->arena.limit = WARD_XML_ARENA - LEARNT;
  x->depth = 0;
  x->fed = 0;
  clear(x);
  static const XML_Char separator[] = {SEPARATOR, 0};
  x->parser = XML_ParserCreate_MM("UTF-8", &ward_xml_arena_suite, separator);
  if (!x->parser) return false;
  XML_SetHashSalt(x->parser, x->salt);
  XML_SetUserData(x->parser, x);
  XML_SetElementHandler(x->parser, on_start, on_end);
  XML_SetCharacterDataHandler(x->parser, on_text);
  XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
  XML_SetProcessingInstructionHandler(x->parser, on_instruction);
  XML_SetCommentHandler(x->parser, on_comment);
  if (x->learning) XML_SetStartNamespaceDeclHandler(x->parser, on_namespace);
  // Room for the longest token at once: growing by and by would take more, and how
  // much would depend on where the bytes were cut.
  if (!XML_GetBuffer(x->parser, WARD_XML_TEXT)) return false;
  // A stanza that is complete must be seen now, not when more arrives.
  if (XML_SetReparseDeferralEnabled) XML_SetReparseDeferralEnabled(x->parser, XML_FALSE);
  return true;
}

static ward_xml_outcome feed(ward_xml *x, const uint8_t *bytes, size_t count) {
  ward_xml_arena_use(&x->arena);
  x->fed += count;
  // Pieces small enough that Expat's own buffer stays small.
  while (count > 0) {
    size_t piece = count < 1024 ? count : 1024;
    if (XML_Parse(x->parser, (const char *)bytes, (int)piece, XML_FALSE) != XML_STATUS_OK) {
      x->fed = FED;  // it takes no more
      if (x->overflowed) return WARD_XML_FULL;
      if (x->restricted) return WARD_XML_RESTRICTED;
      return XML_GetErrorCode(x->parser) == XML_ERROR_NO_MEMORY ? WARD_XML_FULL : WARD_XML_BAD;
    }
    bytes += piece;
    count -= piece;
  }
  return WARD_XML_READ;
}

#ifdef WARD_FIRMWARE
static ward_xml the_reader;
#endif

ward_xml *ward_xml_take(unsigned long salt) {
#ifdef WARD_FIRMWARE
  ward_xml *x = the_reader.in_use ? NULL : &the_reader;
#else
  ward_xml *x = calloc(1, sizeof *x);
#endif
  if (!x) return NULL;
  x->in_use = true;
  x->salt = salt ? salt : 1;  // 0 would make Expat choose for itself
  ward_xml_open(x);
  return x;
}

void ward_xml_return(ward_xml *x) {
#ifdef WARD_FIRMWARE
  if (x) x->in_use = false;
#else
  free(x);
#endif
}

void ward_xml_open(ward_xml *x) {
  x->learning = true;
  x->ended = false;
  x->header_count = 0;
  header_put(x, "<s", 2);  // the scanner keeps the stream's own end tag from Expat
  if (!renew(x)) x->parser = NULL;
}

bool ward_xml_begin(ward_xml *x) {
  if (x->learning) {
    x->header[x->header_count++] = '>';
    x->learning = false;
  }
  bool ended = x->ended;
  x->ended = false;
  // Every stanza has the same room, however much was learnt before it.
  size_t learnt = x->arena.used > x->fresh ? x->arena.used - x->fresh : 0;
  if (ended && x->fed < FED && learnt <= LEARNT) {
    x->arena.limit = WARD_XML_ARENA - LEARNT + learnt;
    clear(x);
    return true;
  }
  if (!renew(x) || feed(x, x->header, x->header_count) != WARD_XML_READ) return false;
  x->fresh = x->arena.used;
  return true;
}

ward_xml_outcome ward_xml_feed(ward_xml *x, const uint8_t *bytes, size_t count) {
  return x->parser ? feed(x, bytes, count) : WARD_XML_FULL;
}

int ward_xml_depth(const ward_xml *x) { return x->depth; }

void ward_xml_keep_root(ward_xml *x) {
  if (x->element_count == 0) return;
  x->elements[0].text.count = 0;
  x->elements[0].next = 0;
  x->element_count = 1;
}

void ward_xml_drop_item(ward_xml *x) {
  if (x->recorded != 2 || x->overflowed) return;
  x->text_count = x->item_text;
  x->element_count = x->item_elements;
  x->attribute_count = x->item_attributes;
}

const uint8_t *ward_xml_text(const ward_xml *x) { return x->text; }
const ward_xml_element *ward_xml_elements(const ward_xml *x) { return x->elements; }
size_t ward_xml_element_count(const ward_xml *x) { return x->element_count; }
const ward_xml_attribute *ward_xml_attributes(const ward_xml *x) { return x->attributes; }
size_t ward_xml_peak(const ward_xml *x) { return x->arena.peak; }
size_t ward_xml_size(void) { return sizeof(ward_xml); }
