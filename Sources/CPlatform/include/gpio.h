#ifndef WARD_GPIO_H
#define WARD_GPIO_H

/* One line of a GPIO chip, by the kernel's character device, version 2 of its interface (Linux 5.10).
 * Functions answer 0 or more on success and a negated errno otherwise. A chip is a path, as in files.h, or
 * the chip's label, which stays the same where its number may not: what has no `/` is a label, or several with commas
 * between them, where models differ. */

/* 1 where the label, which ends in NUL, is one of those in the list. */
int ward_gpio_is_listed(const char *label, const unsigned char *list, int length);

/* Asks for the line with that number as an input: its descriptor. `pull` is 1 for a pull-up, -1 for a
 * pull-down, where the chip has them, 0 to leave it as it is. A path is as in files.h. */
int ward_gpio_open(const unsigned char *chip, int length, int line, int pull);
/* The same for a line whose changes are to be told: the descriptor can be read when one is there. It has to be
 * stable for `settle` microseconds to count. `active_low`: it is 1 where it is low. */
int ward_gpio_watch(const unsigned char *chip, int length, int line, int pull, int active_low, int settle);
/* The next change, of which the kernel keeps 16: 1 where the line became active, 0 where inactive, -EAGAIN where
 * nothing has changed. */
int ward_gpio_edge(int descriptor);
/* Asks for the line as an output, which is at `level` from then on. */
int ward_gpio_open_output(const unsigned char *chip, int length, int line, int active_low, int level);
int ward_gpio_set(int descriptor, int level);
/* 1 where the line is high, or active; 0 where it is not. An output's is what it was set to. */
int ward_gpio_read(int descriptor);
void ward_gpio_close(int descriptor);

/* Does nothing for so many milliseconds. */
void ward_pause(int milliseconds);

#endif
