#ifndef WARD_PLACES_H
#define WARD_PLACES_H

/* Static memory for the two large values of the firmware. As globals of a Swift
 * module they would be in the image twice: in that module's object, and in the
 * object of each module that specialises its generic functions. */

enum {
    WARD_PROGRAM_ROOM = sizeof(void *) == 4 ? 122 * 1024 : 128 * 1024,
    WARD_BLOCK_ROOM = 16 * 1024 + 40
};

/* Zeros until somebody writes; aligned for anything. */
void *ward_program_place(void);
void *ward_block_place(void);

#endif
