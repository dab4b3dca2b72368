#ifndef WARD_GPIO_H
#define WARD_GPIO_H

/* One input line of a GPIO chip, by the kernel's character device, version 2 of its interface
 * (Linux 5.10). Functions answer 0 or more on success and a negated errno otherwise. */

/* Asks for the line with that number as an input: its descriptor. `pull` is 1 for a pull-up, -1 for a
 * pull-down, where the chip has them, 0 to leave it as it is. A path is as in files.h. */
int ward_gpio_open(const unsigned char *chip, int length, int line, int pull);
/* 1 where the line is high, 0 where it is low. */
int ward_gpio_read(int descriptor);
void ward_gpio_close(int descriptor);

/* Does nothing for so many milliseconds. */
void ward_pause(int milliseconds);

#endif
